"""Evaluations as they are kept, in the shapes of answers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from index.catalog.evaluations import EvaluationRow
from index.gallery import Gallery
from index.moments import moment
from service.evaluations.evaluation_schemas import EvaluationList, EvaluationReport, EvaluationSummary
from service.schemas import Document

ACCURACIES, PRECISIONS = ("seen", "unseen", "harmonic", "zsl"), ("by_class", "by_sample", "interval")
JOB = "job"
"""Under which a request that is kept names its job."""


def listed(gallery: Gallery) -> EvaluationList:
    """All of a gallery."""
    told = (EvaluationSummary(**_told(gallery, each), **_short(each.report)) for each in gallery.evaluations())
    return EvaluationList(evaluations=tuple(told))


def report(gallery: Gallery, key: int) -> EvaluationReport:
    """The evaluation of that key; raises EvaluationNotFound."""
    row = gallery.evaluation(key)
    return EvaluationReport(report=dict(row.report), **_told(gallery, row))


def record(
    gallery: Gallery,
    job_id: str,
    *,
    request: Document,
    report: Document,
    map_path: Path | None = None,
) -> int:
    """Keep what a job found and drew, once; gives the evaluation's key."""
    there = [each.key for each in gallery.evaluations() if each.request.get(JOB) == job_id]
    if there:
        return there[0]
    row = gallery.record_evaluation(
        report["generation"],
        protocol=request["protocol"],
        request={**request, JOB: job_id},
        report=report,
        map_=None if map_path is None else map_path.read_bytes(),
    )
    return row.key


def _short(report: Mapping[str, Any]) -> Document:
    """The figures that one asks for first, of a report that has ten times as much."""
    return {
        **{name: report[name] for name in ("bundle", "clips", "classes")},
        "retrieval": {route: {name: each[name] for name in PRECISIONS} for route, each in report["retrieval"].items()},
        "classification": {
            channel: {name: each[name] for name in ACCURACIES} for channel, each in report["classification"].items()
        },
    }


def _told(gallery: Gallery, row: EvaluationRow) -> dict[str, Any]:
    return {
        "id": row.key,
        "gallery": gallery.name,
        "generation": row.generation,
        "protocol": row.protocol,
        "job": row.request.get(JOB),
        "request": {name: value for name, value in row.request.items() if name != JOB},
        "made_at": moment(row.made_at),
    }
