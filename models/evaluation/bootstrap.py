"""How sure a mean over queries is, and whether two generations differ: by drawing the queries again and again."""

from dataclasses import dataclass

import numpy as np

from models.types import F64

RESAMPLES, LEVEL = 10_000, 0.95
BLOCK = 2**22
"""Numbers drawn at once, which bounds the memory at 64 MiB."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the percentile interval that holds it at this confidence level."""

    mean: float
    low: float
    high: float
    level: float = LEVEL


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better the second is than the first, paired by query; `p` is two-sided."""

    interval: Interval
    p: float


def interval(values: F64, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """The mean of the queries' figures and its percentile bootstrap interval.

    Args:
        values: [n] one figure a query, such as its average precision; NaNs, queries with nothing to find, are left out.
        level: in (0, 1).

    Raises:
        ValueError: there are no values, or level or resamples make no sense.

    Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13: percentile intervals.
    """
    _check(level, resamples)
    known = values[~np.isnan(values)]
    return _interval(known, _resampled(known, resamples, seed), level)


def paired(first: F64, second: F64, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0) -> Difference:
    """The mean of `second - first` over the same queries, its interval, and how likely one as large is by chance.

    The p-value is that of a randomisation test: were both alike, the sign of each query's difference would be a coin's.

    Args:
        first: [n] one figure a query of the one generation.
        second: [n] of the other, the same queries in the same order; a NaN in either leaves the query out.

    Raises:
        ValueError: as `interval`, or other numbers of queries.

    Source: Smucker, Allan & Carterette, CIKM 2007: the randomisation test, there of mean average precision.
    """
    _check(level, resamples)
    if first.shape != second.shape:
        raise ValueError(f"found {len(first)} and {len(second)} queries, expected the same ones")
    differences = second - first
    known = differences[~np.isnan(differences)]
    found = _interval(known, _resampled(known, resamples, seed), level)
    return Difference(found, _p_value(known, resamples, seed))


def _interval(known: F64, means: F64, level: float) -> Interval:
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(known.mean()), float(low), float(high), level)


def _resampled(known: F64, resamples: int, seed: int) -> F64:
    """[resamples] means of as many values, drawn with replacement."""
    if not len(known):
        raise ValueError("found no query with a figure, expected at least one")
    numbers = np.random.default_rng(seed)
    rows = max(BLOCK // len(known), 1)
    blocks = [min(rows, resamples - start) for start in range(0, resamples, rows)]
    return np.concatenate(
        [known[numbers.integers(len(known), size=(each, len(known)))].mean(axis=1) for each in blocks]
    )


def _p_value(known: F64, resamples: int, seed: int) -> float:
    """The share of random signs whose mean is as far from 0, the one found counted among them."""
    numbers = np.random.default_rng(seed + 1)
    found, rows = abs(known.mean()), max(BLOCK // len(known), 1)
    # Means that are equal but for rounding are as far.
    reached = found * (1 - 1e-12)
    extreme = 0
    for start in range(0, resamples, rows):
        signs = numbers.integers(2, size=(min(rows, resamples - start), len(known)), dtype=np.int8) * 2 - 1
        extreme += int((np.abs(signs @ known) / len(known) >= reached).sum())
    return (extreme + 1) / (resamples + 1)


def _check(level: float, resamples: int) -> None:
    if not 0 < level < 1 or resamples < 1:
        raise ValueError(f"found the level {level} and {resamples} resamples, expected one in (0, 1) and at least 1")
