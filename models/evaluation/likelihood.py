"""How well scores tell what is relevant: the sigmoid of a route, fitted on what a retrieval finds."""

from dataclasses import dataclass

import numpy as np

from models.evaluation.retrieval import Retrieval
from models.hubness import RouteBias
from models.probability import Bin, RouteSigmoid, Sigmoid, calibration_error, fit, log_loss, reliability
from models.types import F32, F64, I64, Bool

MOST_QUERIES, MOST_PAIRS = 500, 2**20
"""Evenly chosen where there are more: the sigmoid has two numbers."""
LEAST = 10
"""Relevant pairs without which nothing is fitted."""
SHOWN = 10
"""Of each query, the best of which `hits_error` is told."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Queries and gallery items: scores [n], whether they are of one class [n], that class [n], and which are shown."""

    scores: F32
    relevant: Bool
    classes: I64
    shown: Bool
    queries: int

    def of(self, chosen: Bool) -> "Pairs":
        """Some of them."""
        return Pairs(self.scores[chosen], self.relevant[chosen], self.classes[chosen], self.shown[chosen], self.queries)


@dataclass(frozen=True, slots=True)
class Likelihood:
    """The sigmoid of a route, and what it predicts beside what is the case, of classes it was not fitted on."""

    route: RouteSigmoid
    bins: tuple[Bin, ...]


def likelihood(asked: Retrieval, bias: RouteBias, *, fitted_on: str) -> Likelihood | None:
    """The sigmoid of a retrieval's scores with a bias; None where too few pairs are relevant, or all are."""
    pairs = pairs_of(asked, bias)
    relevant = int(pairs.relevant.sum())
    if not LEAST <= relevant < len(pairs.relevant):
        return None
    whole, predicted = fit(pairs.scores, pairs.relevant), _held_out(pairs)
    bins = () if predicted is None else tuple(reliability(predicted, pairs.relevant))
    record = RouteSigmoid(
        slope=whole.slope,
        intercept=whole.intercept,
        queries=pairs.queries,
        pairs=len(pairs.relevant),
        base_rate=relevant / len(pairs.relevant),
        log_loss=None if predicted is None else log_loss(predicted, pairs.relevant),
        error=None if predicted is None else calibration_error(list(bins)),
        hits_error=None if predicted is None else _error_of_shown(predicted, pairs),
        fitted_on=fitted_on,
    )
    return Likelihood(record, bins)


def pairs_of(asked: Retrieval, bias: RouteBias) -> Pairs:
    """Every query that has something to find with every item but its own, or evenly chosen ones of both."""
    rows = np.flatnonzero(np.isin(asked.query_labels, asked.gallery_labels))
    chosen = asked.asked(_evenly(rows, MOST_QUERIES))
    items = _evenly(np.arange(len(asked.gallery)), MOST_PAIRS // max(len(chosen.queries), 1))
    found = [
        _of_block(scored[:, items], relevant[:, items], items[None] != own[:, None])
        for scored, relevant, own in chosen.answers(bias)
    ]
    scores, relevant, shown, kept = (np.concatenate([each[part] for each in found]) for part in range(4))
    classes = np.broadcast_to(chosen.query_labels[:, None], kept.shape)
    return Pairs(scores[kept], relevant[kept], classes[kept], shown[kept], queries=len(chosen.queries))


def _of_block(scored: F32, relevant: Bool, kept: Bool) -> tuple[F32, Bool, Bool, Bool]:
    """Scores [n, g], what is relevant, which are the best of their query, and which are no query's own item."""
    ranked = np.where(kept, -scored, np.inf)
    best = min(SHOWN, scored.shape[1])
    lowest = np.partition(ranked, best - 1, axis=1)[:, best - 1 : best]
    return scored, relevant, ranked <= lowest, kept


def _held_out(pairs: Pairs) -> F64 | None:
    """[n] the probability of each pair by the sigmoid of the other half of the classes; None where one cannot be."""
    _, ranks = np.unique(pairs.classes, return_inverse=True)
    predicted, first = np.empty(len(ranks)), ranks % 2 == 0
    for half in (first, ~first):
        if (sigmoid := _fitted(pairs.of(~half))) is None or not half.any():
            return None
        predicted[half] = sigmoid.of(pairs.scores[half])
    return predicted


def _fitted(pairs: Pairs) -> Sigmoid | None:
    return fit(pairs.scores, pairs.relevant) if 0 < pairs.relevant.sum() < len(pairs.relevant) else None


def _error_of_shown(predicted: F64, pairs: Pairs) -> float:
    return calibration_error(reliability(predicted[pairs.shown], pairs.relevant[pairs.shown]))


def _evenly(rows: I64, most: int) -> I64:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
