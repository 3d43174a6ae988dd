"""The distances between embeddings and translations, against loops that follow their formulas."""

import math

import pytest
import torch
from torch import Tensor

from models.losses.pointwise import Distance, pointwise, squared_cosine, squared_euclidean


def rows(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def squared(x: list[float], y: list[float]) -> float:
    return sum((a - b) ** 2 for a, b in zip(x, y, strict=True))


def direction(x: list[float]) -> list[float]:
    length = math.sqrt(sum(a * a for a in x))
    return [a / length for a in x]


def test_squared_euclidean_sums_the_squares_of_each_pair_of_rows() -> None:
    x, y = rows(7, 5), rows(7, 5, seed=1)
    expected = [squared(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    assert squared_euclidean(x, y).tolist() == pytest.approx(expected, rel=1e-12)


def test_squared_cosine_is_two_minus_twice_the_cosine() -> None:
    x, y = rows(7, 5), rows(7, 5, seed=1)
    cosines = [
        sum(a * b for a, b in zip(direction(one), direction(other), strict=True))
        for one, other in zip(x.tolist(), y.tolist(), strict=True)
    ]
    assert squared_cosine(x, y).tolist() == pytest.approx([2 - 2 * each for each in cosines], rel=1e-12)


def test_squared_cosine_does_not_see_lengths() -> None:
    x, y = rows(3, 4), rows(3, 4, seed=1)
    torch.testing.assert_close(squared_cosine(5 * x, y / 7), squared_cosine(x, y))


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_pointwise_averages_over_rows_and_sums_over_pairs(distance: Distance) -> None:
    pairs = [(rows(6, 4, seed=seed), rows(6, 4, seed=seed + 10)) for seed in (1, 2)]
    made = direction if distance == "cosine" else list
    expected = 0.0
    for x, y in pairs:
        for one, other in zip(x.tolist(), y.tolist(), strict=True):
            expected += squared(made(one), made(other)) / 6
    assert pointwise(pairs, distance=distance).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_the_gradient_of_pointwise_is_that_of_finite_differences_on_both_sides(distance: Distance) -> None:
    x, y = rows(4, 3).requires_grad_(), rows(4, 3, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda one, other: pointwise([(one, other)], distance=distance), (x, y))
