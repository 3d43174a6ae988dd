"""Figures of evaluations as JSON, which has no NaN: null is what cannot be told."""

import math
from dataclasses import replace

import numpy as np

from index.embedding import spread
from index.evaluation import Examined
from index.generations import Generation
from models.bundle.words import key
from models.evaluation.bootstrap import interval, paired
from models.evaluation.evaluating import Precision, retrieval
from models.evaluation.gzsl import Accuracies
from models.evaluation.hubness import correct
from models.evaluation.metrics import SeenUnseen
from models.evaluation.retrieval import Figures
from models.hubness import Normalisation
from models.types import F64
from service.job_schemas import Document

RESAMPLES = 2000
ALPHA, NEIGHBOURS = 0.75, 10
"""The hubness correction that is reported beside the plain figures."""
MOST_QUERIES = 5000
"""Of a route, evenly chosen, for the figures both ways: they rank everything for every query, twice."""


def precision_document(found: Precision) -> Document:
    """Mean average precision, that of chance, and how sure it is."""
    return {
        "by_class": _split(found.found),
        "chance": _split(found.chance),
        "by_sample": known(found.by_sample),
        "interval": _interval(found.by_query),
    }


def accuracies_document(found: Accuracies) -> Document:
    """Mean class accuracies."""
    return {**_split(found.stacked), "zsl": known(found.zsl)}


def hubness_document(examined: Examined, route: str) -> Document | None:
    """A route's figures without and with hubness correction; null where it has one query alone."""
    whole = retrieval(examined.scorer, route, examined.labels, leave_one_out=True)
    rows = spread(np.arange(len(whole.queries)), MOST_QUERIES)
    if len(rows) < 2:
        return None
    own = None if whole.own is None else whole.own[rows]
    asked = replace(whole, queries=whole.queries[rows], query_labels=whole.query_labels[rows], own=own)
    found = correct(asked, Normalisation(ALPHA, min(NEIGHBOURS, len(rows) - 1)))
    chosen = {"alpha": found.normalisation.alpha, "neighbours": found.normalisation.neighbours}
    return {**chosen, "queries": len(rows), "plain": _figures(found.plain), "corrected": _figures(found.corrected)}


def index_document(generation: Generation, route: str) -> Document | None:
    """How the route's index searches, and the recall that was measured when it was built."""
    report = generation.table(route).report
    wanted = {"kind", "recall", "at", "queries", "queries_from", "reason"}
    return None if report is None else report.model_dump(mode="json", include=wanted)


def difference_document(first: F64, second: F64) -> Document | None:
    """How much better the second is than the first on the same queries; null where they have none in common."""
    if np.isnan(second - first).all():
        return None
    found = paired(first, second, resamples=RESAMPLES)
    return {
        "queries": int((~np.isnan(second - first)).sum()),
        "difference": found.interval.mean,
        "interval": [found.interval.low, found.interval.high],
        "p": found.p,
    }


def by_name(examined: Examined, route: str, by_query: F64) -> dict[str, float]:
    """Each query's figure by what it asks with: a class's words, or a clip's id."""
    names = [key(each) for each in examined.classes] if route.startswith("text->") else examined.clip_ids
    return dict(zip(names, by_query.tolist(), strict=True))


def known(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None


def _figures(found: Figures) -> Document:
    recall = {str(rank): known(each) for rank, each in found.recall.items()}
    return {"recall": recall, "by_class": known(found.by_class), "by_sample": known(found.by_sample)}


def _interval(by_query: F64) -> list[float] | None:
    """The 95 % interval of the mean over queries; None where no query has anything to find."""
    if np.isnan(by_query).all():
        return None
    found = interval(by_query, resamples=RESAMPLES)
    return [found.low, found.high]


def _split(found: SeenUnseen) -> Document:
    return {name: known(getattr(found, name)) for name in ("seen", "unseen", "harmonic")}
