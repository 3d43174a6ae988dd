"""Evaluations as they are kept, in the shapes of answers."""

from typing import Any

from index.catalog.evaluations import EvaluationRow
from index.gallery import Gallery
from index.moments import moment
from service.evaluations.evaluation_schemas import Evaluation, EvaluationList, EvaluationReport
from service.schemas import Document

JOB = "job"
"""Under which a request that is kept names its job."""


def listed(gallery: Gallery) -> EvaluationList:
    """All of a gallery."""
    return EvaluationList(evaluations=tuple(Evaluation(**_told(gallery, each)) for each in gallery.evaluations()))


def report(gallery: Gallery, key: int) -> EvaluationReport:
    """The evaluation of that key; raises EvaluationNotFound."""
    row = gallery.evaluation(key)
    return EvaluationReport(report=dict(row.report), **_told(gallery, row))


def record(gallery: Gallery, job_id: str, *, request: Document, report: Document) -> int:
    """Keep what a job found, once; gives the evaluation's key."""
    there = [each.key for each in gallery.evaluations() if each.request.get(JOB) == job_id]
    if there:
        return there[0]
    row = gallery.record_evaluation(
        report["generation"], protocol=request["protocol"], request={**request, JOB: job_id}, report=report
    )
    return row.key


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
