"""Figures of evaluations as JSON, which has no NaN: null is what cannot be told."""

import math
from dataclasses import asdict

import numpy as np

from index.evaluation import Examined
from index.generations import Generation
from models.bundle.words import key
from models.evaluation.bootstrap import interval, paired
from models.evaluation.evaluating import Precision
from models.evaluation.gzsl import Accuracies
from models.evaluation.likelihood import Likelihood
from models.evaluation.metrics import SeenUnseen
from models.evaluation.retrieval import Figures
from models.evaluation.selective import selected
from models.hubness import RouteBias
from models.types import F32, F64, I64
from service.schemas import Document

RESAMPLES = 2000


def precision_document(found: Precision) -> Document:
    """Mean average precision, that of chance, and how sure it is."""
    return {
        "by_class": _split(found.found),
        "chance": _split(found.chance),
        "by_sample": known(found.by_sample),
        "interval": _interval(found.by_query),
    }


def curve_document(curve: F64) -> list[float] | None:
    """Precision at recall 0, 0.1 ... 1; null where no query has anything to find."""
    return None if np.isnan(curve).any() else curve.tolist()


def accuracies_document(found: Accuracies) -> Document:
    """Mean class accuracies."""
    return {**_split(found.stacked), "zsl": known(found.zsl)}


def abstaining_document(scores: F32, labels: I64) -> list[Document]:
    """What comes of abstaining below one margin or another, of calibrated scores [n, c]; none of a single class."""
    return [asdict(each) for each in selected(scores, labels)] if scores.shape[1] > 1 else []


def figures_document(found: Figures) -> Document:
    """How early what is relevant is found; `harmonic` is that of seen and of other classes."""
    recall = {str(rank): known(each) for rank, each in found.recall.items()}
    means = {"by_class": known(found.by_class), "by_sample": known(found.by_sample), "harmonic": found.harmonic}
    return {"recall": recall, **means}


def likelihood_document(found: Likelihood | None, bias: RouteBias, *, is_of_all: bool) -> Document | None:
    """What makes probabilities of a route's scores, and how reliable that is; null where nothing could be fitted."""
    if found is None:
        return None
    return {
        "sigmoid": found.route.model_dump(mode="json"),
        "bias": bias.model_dump(mode="json"),
        "is_of_all": is_of_all,
        "reliability": [asdict(each) for each in found.bins],
    }


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


def _interval(by_query: F64) -> list[float] | None:
    """The 95 % interval of the mean over queries; None where no query has anything to find."""
    if np.isnan(by_query).all():
        return None
    found = interval(by_query, resamples=RESAMPLES)
    return [found.low, found.high]


def _split(found: SeenUnseen) -> Document:
    return {name: known(getattr(found, name)) for name in ("seen", "unseen", "harmonic")}
