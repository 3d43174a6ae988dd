"""Precision along recall: how pure a ranking still is when so much of what is relevant has been found."""

import numpy as np

from models.types import F32, F64, I64, Bool

LEVELS: F64 = np.linspace(0, 1, 11)
"""Of recall."""


def precision_at_recall(scores: F32, relevant: Bool, *, own: I64) -> F64:
    """The interpolated precision of each query at each level of recall.

    Items of equal score come after all irrelevant ones of that score, so that no order among them can help.

    Args:
        scores: [q, g].
        relevant: [q, g].
        own: [q] the item that is left out of each ranking, -1 for none.

    Returns:
        [q, 11] in [0, 1]; NaN for a query with nothing to find.

    Source: the eleven-point interpolated average precision of Manning, Raghavan and Schuetze, "Introduction to
    Information Retrieval", 2008, section 8.4: the precision at a level is the highest at that recall or any beyond.
    """
    rows = zip(scores, relevant, own.tolist(), strict=True)
    return np.array([_of_row(*each) for each in rows], np.float64).reshape(-1, len(LEVELS))


def _of_row(scores: F32, relevant: Bool, own: int) -> F64:
    if own >= 0:
        scores, relevant = np.delete(scores, own), np.delete(relevant, own)
    found = relevant[np.lexsort((relevant, -scores))].cumsum()
    if not len(found) or not found[-1]:
        return np.full(len(LEVELS), np.nan)
    best = np.maximum.accumulate((found / np.arange(1, len(found) + 1))[::-1])[::-1]
    places = np.searchsorted(found, np.maximum(np.ceil(LEVELS * found[-1] - 1e-9), 1))
    reached: F64 = best[places]
    return reached
