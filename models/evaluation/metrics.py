"""Means over classes, seen and unseen apart, and their harmonic mean."""

from dataclasses import dataclass

import numpy as np

from models.types import F64, I64, Bool


@dataclass(frozen=True, slots=True)
class SeenUnseen:
    """A figure averaged over the seen and over the unseen classes, each class counting once."""

    seen: float
    unseen: float

    @property
    def harmonic(self) -> float:
        """The harmonic mean of both, 0 where both are 0."""
        return harmonic(self.seen, self.unseen)


def harmonic(first: float, second: float) -> float:
    """The harmonic mean, 0 where both are 0."""
    both = first + second
    return 2 * first * second / both if both else 0.0


def class_means(values: F64, labels: I64, classes: int) -> F64:
    """The mean of each class's values, NaN for a class that has none.

    Args:
        values: [n]; NaNs are left out, such as the average precision of a query with nothing to find.
        labels: [n] in [0, classes).

    Returns:
        [classes].
    """
    valid = ~np.isnan(values)
    counts = np.bincount(labels[valid], minlength=classes)
    sums = np.bincount(labels[valid], weights=values[valid], minlength=classes)
    means = np.full(classes, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means


def split(means: F64, seen: Bool) -> SeenUnseen:
    """Means over the seen and over the unseen classes that have a value; NaN where none has.

    Args:
        means: [c], NaN for classes without samples.
        seen: [c].
    """
    return SeenUnseen(seen=mean_known(means[seen]), unseen=mean_known(means[~seen]))


def mean_known(values: F64) -> float:
    """The mean of those values that are not NaN; NaN where none is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
