"""Remoteness ascends as scores descend, stays in its range, and keeps ties that float32 can hold."""

import numpy as np
import pytest

from models.errors import InvalidInput
from models.evaluation.remoteness import BITS, Remoteness
from models.scoring import scores
from models.types import F32, Metric

# Twice what rounding leaves of a sum of 17 products of float32 numbers whose largest possible value is 1.
CLOSE = 2**-20


def rows(n: int, seed: int, *, middle: float = 0.0, length: float = 1.0) -> F32:
    numbers = np.random.default_rng(seed)
    return (length * (middle + numbers.normal(size=(n, 15)))).astype(np.float32)


def remote(queries: F32, gallery: F32, metric: Metric) -> F32:
    factors = Remoteness.of(queries, gallery, metric)
    return factors.queries @ factors.gallery


@pytest.mark.parametrize("length", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("metric", list(Metric))
def test_it_is_a_falling_line_of_the_score_or_a_rising_one_of_the_squared_distance(
    metric: Metric, length: float
) -> None:
    queries, gallery = rows(7, 0, length=length), rows(40, 1, length=length)
    found = remote(queries, gallery, metric).astype(np.float64)
    exact = scores(queries, gallery, metric).astype(np.float64)
    line = exact**2 if metric is Metric.EUCLIDEAN else -exact
    for of_query, expected in zip(found, line, strict=True):
        slope, offset = np.polyfit(expected, of_query, 1)
        assert slope > 0
        assert of_query == pytest.approx(slope * expected + offset, abs=CLOSE * 2**BITS)


@pytest.mark.parametrize("middle", [0.0, 30.0])
@pytest.mark.parametrize("metric", list(Metric))
def test_it_is_never_negative_and_below_its_bound(metric: Metric, middle: float) -> None:
    queries = rows(30, 0, middle=middle)
    gallery = np.concatenate([queries, -queries, 100 * queries, np.zeros((1, 15), np.float32)])
    found = remote(queries, gallery, metric)
    assert found.min() >= 0
    assert found.max() < 2**BITS


def test_distances_far_from_the_origin_are_told_apart() -> None:
    """Where |q|^2 + |g|^2 - 2 q.g in float32 would be nothing but rounding."""
    queries, gallery = rows(5, 0, middle=10_000.0), rows(40, 1, middle=10_000.0)
    found = remote(queries, gallery, Metric.EUCLIDEAN)
    exact = ((queries[:, None].astype(np.float64) - gallery) ** 2).sum(axis=2)
    assert (found.argsort(axis=1) == exact.argsort(axis=1)).mean() > 0.95


@pytest.mark.parametrize("metric", [Metric.EUCLIDEAN, Metric.INNER])
def test_codes_of_whole_numbers_tie_exactly(metric: Metric) -> None:
    numbers = np.random.default_rng(0)
    queries, gallery = (numbers.integers(-1, 2, (n, 15)).astype(np.float32) for n in (6, 60))
    exact = scores(queries, gallery, metric)
    for of_query, expected in zip(remote(queries, gallery, metric), exact, strict=True):
        assert len(np.unique(of_query)) == len(np.unique(expected))


def test_a_zero_vector_is_as_remote_as_an_orthogonal_one() -> None:
    queries, gallery = np.array([[2, 0], [0, 0]], np.float32), np.array([[0, 0], [0, 3], [5, 0]], np.float32)
    found = remote(queries, gallery, Metric.COSINE)
    assert found[0, 0] == found[0, 1] > found[0, 2]
    assert len(np.unique(found[1])) == 1


@pytest.mark.parametrize("odd", [np.nan, np.inf, 1e30])
@pytest.mark.parametrize("metric", list(Metric))
def test_vectors_that_float32_cannot_rank_are_refused(metric: Metric, odd: float) -> None:
    vectors = rows(4, 0)
    vectors[2, 3] = odd
    for queries, gallery in ((vectors, rows(9, 1)), (rows(9, 1), vectors)):
        with pytest.raises(InvalidInput, match="1 of 4 vectors"):
            Remoteness.of(queries, gallery, metric)
