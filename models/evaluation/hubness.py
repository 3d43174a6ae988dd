"""Routes evaluated both ways, without and with biases taken off their scores, and the biases chosen on validation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from models.calibration import beta_grid
from models.evaluation.retrieval import Figures, Retrieval
from models.hubness import RouteBias
from models.hubness.similarities import Highest
from models.types import F32, F64, Metric

OFF = RouteBias()
GRID = tuple(RouteBias(alpha=alpha, neighbours=k) for alpha, k in product((0.25, 0.5, 0.75, 1.0), (1, 5, 10, 50)))
"""A coarser one than that of Chowdhury et al. (appendix B1: alphas of 0.25 to 1.5, 1 to 512 neighbours), whose choices
(tables A1 and A2) have alphas of 0.25 to 1 and differ little by neighbours."""
BETAS = 16
"""Tried of the seen-class bias."""

Merit = Literal["recall", "precision", "harmonic"]
"""Recall at 1; mean average precision by class; the harmonic mean of that of seen and of other classes."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A route's figures without and with a bias; both the same where that is off."""

    bias: RouteBias
    plain: Figures
    corrected: Figures


def correct(retrieval: Retrieval, bias: RouteBias) -> Correction:
    """Both figures of a route."""
    return _both(retrieval, bias, retrieval.highest(bias.neighbours))


def choose(retrieval: Retrieval, *, merit: Merit = "recall", grid: Sequence[RouteBias] = GRID) -> Correction:
    """The bias of the best merit on validation pairs, with what it gives there.

    No correction is always tried, and is kept unless another is better; of several that are as good, the first.
    """
    highest = retrieval.highest(max((each.neighbours for each in grid), default=1))
    return _both(retrieval, _best(retrieval, [OFF, *grid], highest, merit), highest)


def choose_seen(retrieval: Retrieval, bias: RouteBias) -> Correction:
    """The same bias with the beta off seen classes that has the best harmonic mean on validation.

    It stays as it is unless another is better, and where items are not of seen and of other classes.
    """
    highest = retrieval.highest(bias.neighbours)
    tried = [bias, *(bias.model_copy(update={"seen": beta}) for beta in betas(retrieval, bias, highest).tolist())]
    return _both(retrieval, _best(retrieval, tried, highest, "harmonic"), highest)


def betas(retrieval: Retrieval, bias: RouteBias, highest: Highest) -> F64:
    """What is worth taking off seen classes: evenly from 0 to where no query's best item is of one.

    That is the largest margin of `beta_grid`, with items in the place of classes, in units of a bias: of the score, for
    `EUCLIDEAN` of the squared distance. Only 0 where items are not of seen and of other classes.
    """
    seen = retrieval.seen_items
    if seen is None or seen.all() or not seen.any() or not len(retrieval.queries):
        return np.zeros(1)
    margins = [
        beta_grid(_in_units_of_a_bias(scored, retrieval.metric), seen)[-1]
        for scored, _, _ in retrieval.blocks(bias.model_copy(update={"seen": 0.0}), highest)
    ]
    return np.linspace(0, max(0, *margins), BETAS)


def _in_units_of_a_bias(scored: F32, metric: Metric) -> F32:
    return scored * np.abs(scored) if metric is Metric.EUCLIDEAN else scored


def _both(retrieval: Retrieval, bias: RouteBias, highest: Highest) -> Correction:
    plain = retrieval.figures(OFF, highest)
    return Correction(bias, plain, plain if bias.is_off else retrieval.figures(bias, highest))


def _best(retrieval: Retrieval, tried: Iterable[RouteBias], highest: Highest, merit: Merit) -> RouteBias:
    """The first of those that are best."""
    return max(tried, key=lambda bias: _merit(retrieval, bias, highest, merit))


def _merit(retrieval: Retrieval, bias: RouteBias, highest: Highest, merit: Merit) -> float:
    """Below all figures where there is none."""
    if merit == "recall":
        return float(np.nan_to_num(retrieval.recall(bias, highest)[1], nan=-1))
    found = retrieval.figures(bias, highest)
    if merit == "precision":
        return float(np.nan_to_num(found.by_class, nan=-1))
    return -1 if found.harmonic is None else found.harmonic
