"""Confusion: which classes are taken for which, of as many classes as a person can look at."""

from dataclasses import dataclass

import numpy as np

from models.types import I64

MOST_CLASSES, MOST_MISTAKES = 60, 20


@dataclass(frozen=True, slots=True)
class Confusion:
    """What the samples of some classes were taken for.

    Args:
        classes: [m] the numbers of those classes that have samples, ascending; of more than there is room for, those
            that most mistakes are about.
        cells: [k, 3] the row, the column and the count (above 0) of the confusion matrix [m, m + 1] of these classes:
            a row is the right class, a column the answer, and the last column any other answer.
        mistakes: [p, 3] over all classes the right class, the answer and the count of the most frequent mistakes.
    """

    classes: I64
    cells: I64
    mistakes: I64


def confusion(
    answers: I64, labels: I64, *, most_classes: int = MOST_CLASSES, most_mistakes: int = MOST_MISTAKES
) -> Confusion:
    """The confusion of answers [n] with labels [n], both numbers of classes."""
    pairs, counts = np.unique(np.stack([labels, answers], axis=1), axis=0, return_counts=True)
    found = np.column_stack([pairs, counts]).astype(np.int64)
    wrong = found[found[:, 0] != found[:, 1]]
    classes = _chosen(np.unique(labels), wrong, most_classes)
    order = np.lexsort((wrong[:, 1], wrong[:, 0], -wrong[:, 2]))
    return Confusion(classes, _cells(found, classes), wrong[order[:most_mistakes]])


def _chosen(there: I64, wrong: I64, most: int) -> I64:
    """The classes that most mistakes are about, as what was asked or as what was answered."""
    involved = [int(wrong[(wrong[:, 0] == each) | (wrong[:, 1] == each), 2].sum()) for each in there]
    return np.sort(there[np.argsort(-np.array(involved, np.int64), kind="stable")[:most]])


def _cells(found: I64, classes: I64) -> I64:
    rows = found[np.isin(found[:, 0], classes)]
    columns = np.where(np.isin(rows[:, 1], classes), np.searchsorted(classes, rows[:, 1]), len(classes))
    places = np.stack([np.searchsorted(classes, rows[:, 0]), columns], axis=1)
    cells, which = np.unique(places, axis=0, return_inverse=True)
    return np.column_stack([cells, np.bincount(which.ravel(), weights=rows[:, 2])]).astype(np.int64)
