"""Two evaluations of a gallery side by side, by what their reports tell."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from index.gallery import Gallery
from models.errors import QueryInvalid
from service.evaluations.comparison_schemas import Beside, EvaluationComparison, Intervals, Paired, RouteComparison
from service.evaluations.evaluation_schemas import Evaluation, EvaluationReport
from service.evaluations.evaluations import report
from service.evaluations.figures import difference_document
from service.schemas import Document

SPLIT = ("seen", "unseen", "harmonic")
RETRIEVAL, CLASSIFICATION = "retrieval", "classification"
CLIPS, CLASSES = "clips_sha256", "classes_sha256"


def compared(gallery: Gallery, first: int, second: int) -> EvaluationComparison:
    """Two evaluations of the same clips; raises EvaluationNotFound, QueryInvalid for what cannot be compared."""
    both = report(gallery, first), report(gallery, second)
    check_comparable(*both)
    ours, theirs = (each.report for each in both)
    is_same = ours[CLASSES] == theirs[CLASSES]
    return EvaluationComparison(
        gallery=gallery.name,
        first=_head(both[0]),
        second=_head(both[1]),
        bundles=(ours["bundle"], theirs["bundle"]),
        clips=ours["clips"],
        same_classes=is_same,
        retrieval={
            route: _route(ours[RETRIEVAL][route], theirs[RETRIEVAL][route], split=SPLIT if is_same else ())
            for route in _common(ours, theirs, RETRIEVAL)
        },
        classification={
            channel: _figures(ours[CLASSIFICATION][channel], theirs[CLASSIFICATION][channel], (*SPLIT, "zsl"))
            for channel in _common(ours, theirs, CLASSIFICATION)
        }
        if is_same
        else None,
        left_out=tuple(
            each for part in (RETRIEVAL, CLASSIFICATION) for each in sorted(ours[part].keys() ^ theirs[part])
        ),
    )


def side_by_side(gallery: Gallery, first: int, second: int | None) -> tuple[EvaluationReport, EvaluationReport | None]:
    """An evaluation, and if it is given a second that can be compared with it; raises as `compared` does."""
    found = report(gallery, first)
    if second is None:
        return found, None
    other = report(gallery, second)
    check_comparable(found, other)
    return found, other


def check_comparable(first: EvaluationReport, second: EvaluationReport) -> None:
    """Refuse two of other protocols, other clips, or other labels; raises QueryInvalid."""
    if first.protocol != second.protocol:
        raise QueryInvalid(
            f"evaluation {first.id} is by the protocol {first.protocol}, {second.id} by {second.protocol}: "
            "expected the same one"
        )
    if untold := [each.id for each in (first, second) if CLIPS not in each.report]:
        raise QueryInvalid(
            f"evaluation {untold[0]} is from before evaluations told which clips they are of: evaluate again"
        )
    if first.report[CLIPS] != second.report[CLIPS]:
        raise QueryInvalid(
            f"evaluation {first.id} is of {first.report['clips']} clips, {second.id} of {second.report['clips']} that "
            "are others or have other labels: expected the same ones, as an evaluation with compare_to has them"
        )


def _head(evaluation: EvaluationReport) -> Evaluation:
    return Evaluation(**{name: getattr(evaluation, name) for name in Evaluation.model_fields})


def _common(first: Document, second: Document, part: str) -> list[str]:
    return [each for each in first[part] if each in second[part]]


def _route(first: Document, second: Document, *, split: tuple[str, ...]) -> RouteComparison:
    return RouteComparison(
        by_sample=_beside(first["by_sample"], second["by_sample"]),
        intervals=Intervals(first=first["interval"], second=second["interval"]),
        by_class=_figures(first["by_class"], second["by_class"], split) or None,
        paired=_paired(first["classes"], second["classes"]),
    )


def _figures(first: Document, second: Document, names: tuple[str, ...]) -> dict[str, Beside]:
    return {name: _beside(first[name], second[name]) for name in names}


def _beside(first: float | None, second: float | None) -> Beside:
    difference = None if first is None or second is None else second - first
    return Beside(first=first, second=second, difference=difference)


def _paired(first: Mapping[str, float], second: Mapping[str, float]) -> Paired | None:
    """By class, of words its one query, of clips the mean of its queries: single queries are in no report."""
    names = [each for each in first if each in second]
    rows = (np.array([each[name] for name in names], np.float64) for each in (first, second))
    found: dict[str, Any] | None = difference_document(*rows) if names else None
    return None if found is None else Paired(classes=found.pop("queries"), **found)
