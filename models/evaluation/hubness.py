"""Routes evaluated both ways, without and with hubness correction, and the correction chosen on validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from models.evaluation.retrieval import Figures, Retrieval
from models.hubness import OFF, Normalisation
from models.hubness.similarities import Highest

GRID = tuple(Normalisation(alpha, k) for alpha, k in product((0.25, 0.5, 0.75, 1.0), (1, 5, 10, 50)))
"""A coarser one than that of Chowdhury et al. (appendix B1: alphas of 0.25 to 1.5, 1 to 512 neighbours), whose choices
(tables A1 and A2) have alphas of 0.25 to 1 and differ little by neighbours."""

Merit = Literal["recall", "precision"]
"""Recall at 1, or mean average precision by class."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A route's figures without and with a normalisation; both the same where that is off."""

    normalisation: Normalisation
    plain: Figures
    corrected: Figures


def correct(retrieval: Retrieval, normalisation: Normalisation) -> Correction:
    """Both figures of a route."""
    return _both(retrieval, normalisation, retrieval.highest(normalisation.neighbours))


def choose(retrieval: Retrieval, *, merit: Merit = "recall", grid: Sequence[Normalisation] = GRID) -> Correction:
    """The normalisation of the best merit on validation pairs, with what it gives there.

    No correction is always tried, and is kept unless another is better; of several that are as good, the first.
    """
    highest = retrieval.highest(max((each.neighbours for each in grid), default=1))
    best, most = OFF, _merit(retrieval, OFF, highest, merit)
    for tried in grid:
        found = _merit(retrieval, tried, highest, merit)
        if found > most:
            best, most = tried, found
    return _both(retrieval, best, highest)


def _both(retrieval: Retrieval, normalisation: Normalisation, highest: Highest) -> Correction:
    plain = retrieval.figures(OFF, highest)
    found = retrieval.figures(normalisation, highest) if normalisation.alpha else plain
    return Correction(normalisation, plain, found)


def _merit(retrieval: Retrieval, normalisation: Normalisation, highest: Highest, merit: Merit) -> float:
    if merit == "recall":
        return retrieval.recall(normalisation, highest)[1]
    return retrieval.figures(normalisation, highest).by_class
