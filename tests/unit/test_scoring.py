"""Scores against a loop, and what float32 would lose of small distances."""

import math

import numpy as np
import pytest

from models.scoring import ROWS, scores
from models.types import F32, Metric


def rows(n: int, seed: int, dim: int = 6) -> F32:
    return np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)


def one(query: F32, vector: F32, metric: Metric) -> float:
    left, right = query.astype(np.float64).tolist(), vector.astype(np.float64).tolist()
    if metric is Metric.EUCLIDEAN:
        return -math.dist(left, right)
    lengths = math.hypot(*left) * math.hypot(*right) if metric is Metric.COSINE else 1.0
    return math.fsum(a * b for a, b in zip(left, right, strict=True)) / lengths


@pytest.mark.parametrize("metric", list(Metric))
def test_scores_are_those_of_a_loop_over_queries_and_vectors(metric: Metric) -> None:
    queries, gallery = rows(ROWS + 3, 0), rows(4, 1)
    found = scores(queries, gallery, metric)
    assert found.dtype == np.float32
    expected = [[one(query, vector, metric) for vector in gallery] for query in queries]
    # Three roundings to float32 of numbers below 8.
    assert found == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.parametrize("dim", [1, 64, 1024])
def test_a_vector_is_at_no_distance_from_itself_and_a_small_distance_keeps_its_digits(dim: int) -> None:
    vectors = rows(20, 0, dim)
    assert np.diag(scores(vectors, vectors, Metric.EUCLIDEAN)) == pytest.approx(0, abs=1e-7 * dim**0.5)
    near = vectors + np.float32(1e-3) * rows(20, 1, dim)
    expected = [one(query, vector, Metric.EUCLIDEAN) for query, vector in zip(vectors, near, strict=True)]
    assert np.diag(scores(vectors, near, Metric.EUCLIDEAN)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("metric", list(Metric))
def test_equal_vectors_have_equal_scores_wherever_they_stand(metric: Metric) -> None:
    found = scores(rows(9, 0, 64), np.tile(rows(7, 1, 64), (6, 1)), metric)
    assert (found.reshape(9, 6, 7) == found[:, None, :7]).all()


@pytest.mark.parametrize("metric", list(Metric))
def test_there_may_be_no_query_or_no_vector(metric: Metric) -> None:
    assert scores(rows(0, 0), rows(3, 1), metric).shape == (0, 3)
    assert scores(rows(3, 0), rows(0, 1), metric).shape == (3, 0)


def test_the_cosine_of_a_zero_vector_is_zero() -> None:
    zero = np.zeros((1, 6), np.float32)
    assert scores(zero, rows(3, 0), Metric.COSINE).tolist() == [[0, 0, 0]]
    assert scores(rows(3, 0), zero, Metric.COSINE).tolist() == [[0], [0], [0]]
