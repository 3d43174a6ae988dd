"""Vectors in the plane."""

import numpy as np
import pytest

from models.evaluation.projection import projected, sampled
from models.types import F32, Metric


def clusters(count: int, *, each: int) -> F32:
    """Vectors [count * each, 8] around so many points that are far from each other."""
    numbers = np.random.default_rng(1)
    middles = np.repeat(numbers.normal(size=(count, 8)) * 20, each, axis=0)
    found: F32 = (middles + numbers.normal(size=middles.shape)).astype(np.float32)
    return found


def test_what_is_near_in_the_space_is_near_in_the_plane_and_the_same_every_time() -> None:
    vectors, told = clusters(4, each=20), list[float]()
    places = projected(vectors, Metric.EUCLIDEAN, told=told.append)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (apart.argmin(axis=1) // 20 == np.arange(80) // 20).all()
    assert np.array_equal(places, projected(vectors, Metric.EUCLIDEAN, told=told.append))
    assert np.abs(places).max() == pytest.approx(1)
    assert told[0] > 0 == told.count(0)
    assert told[len(told) // 2 - 1] == 1


def test_of_scores_that_are_no_distances_directions_count() -> None:
    vectors = clusters(3, each=10)
    lengths = np.float32(2) ** np.random.default_rng(2).integers(-3, 4, size=(30, 1))
    places = [projected(each, Metric.COSINE, told=lambda _: None) for each in (vectors, vectors * lengths)]
    assert np.array_equal(places[0], places[1])


@pytest.mark.parametrize("count", [1, 2, 4, 5, 7])
def test_a_few_points_have_places_too(count: int) -> None:
    places = projected(clusters(count, each=1), Metric.EUCLIDEAN, told=lambda _: None)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert len(np.unique(places.round(3), axis=0)) == count


def test_samples_have_as_many_of_each_class_as_of_any_while_it_has_some() -> None:
    labels = np.array([0] * 100 + [1] * 3 + [2] * 20)
    chosen = sampled(labels, 19)
    assert np.bincount(labels[chosen]).tolist() == [8, 3, 8]
    assert (np.diff(chosen) > 0).all()
    assert np.array_equal(chosen, sampled(labels, 19))
    assert np.array_equal(sampled(labels, 1000), np.arange(123))
    assert len(sampled(np.array([], np.int64), 5)) == 0
