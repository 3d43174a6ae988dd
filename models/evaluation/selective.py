"""Answering only where it is sure: how often answers are right, by how far the winner has to be above the runner-up."""

from dataclasses import dataclass

import numpy as np

from models.types import F32, I64

SHARES = tuple(each / 10 for each in range(10, 0, -1))
"""Of samples that are answered at least."""


@dataclass(frozen=True, slots=True)
class Selected:
    """What comes of abstaining `below` a margin: the share of samples that are `answered`, and of these of the `right`
    answers, in [0, 1]."""

    below: float
    answered: float
    right: float


def margins(scores: F32) -> F32:
    """[n] how far the best of at least two scores [n, c] of each sample is above the second best."""
    best = np.partition(scores, -2, axis=1)[:, -2:]
    found: F32 = best[:, 1] - best[:, 0]
    return found


def selected(scores: F32, labels: I64, *, shares: tuple[float, ...] = SHARES) -> list[Selected]:
    """For each share of samples the highest margin by which at least so many are answered, and how right these are.

    Args:
        scores: [n, c] of samples, calibrated, n at least 1, c at least 2.
        labels: [n] right columns.

    Source: the risk-coverage curve of Geifman & El-Yaniv, "Selective Classification for Deep Neural Networks", NIPS
    2017, with the margin as the confidence rate; risk is 1 - `right`, coverage `answered`.
    """
    sure, right = margins(scores), scores.argmax(axis=1) == labels
    order = np.sort(sure)[::-1]
    found = []
    for share in shares:
        below = order[int(np.ceil(share * len(order) - 1e-9)) - 1]
        answered = sure >= below
        found.append(Selected(float(below), float(answered.mean()), float(right[answered].mean())))
    return found
