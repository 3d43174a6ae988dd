"""How classes are told apart, against loops that follow the formulas."""

import math

import pytest
import torch
from torch import Tensor

from models.losses.discrimination import label_distance, similarity_likelihood

LABEL = torch.tensor([0, 2, 1, 2, 0])


def rows(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def cosine(x: list[float], y: list[float]) -> float:
    return sum(a * b for a, b in zip(x, y, strict=True)) / math.hypot(*x) / math.hypot(*y)


def test_the_label_distance_is_that_from_the_one_hot_vector() -> None:
    predicted = rows(5, 3)
    expected = [
        math.hypot(*(value - (column == label) for column, value in enumerate(row)))
        for row, label in zip(predicted.tolist(), LABEL.tolist(), strict=True)
    ]
    # 1e-6 is added to every difference.
    assert label_distance(predicted, LABEL).tolist() == pytest.approx(expected, abs=2e-6)


def test_similarity_is_the_mean_over_all_pairs_of_samples() -> None:
    x, y = rows(5, 4), rows(5, 4, seed=1)
    expected = 0.0
    for row, one in enumerate(x.tolist()):
        for column, other in enumerate(y.tolist()):
            theta = cosine(one, other) / 2
            same = bool(LABEL[row] == LABEL[column])
            expected += (math.log(1 + math.exp(theta)) - same * theta) / 25
    assert similarity_likelihood(x, y, LABEL).item() == pytest.approx(expected, rel=1e-12)


def test_similarity_falls_as_samples_of_a_class_draw_near_and_others_apart() -> None:
    label = torch.tensor([0, 0, 1])
    told_apart = torch.tensor([[1.0, 0.1], [1.0, -0.1], [-1.0, 0.0]])
    mixed_up = told_apart[[0, 2, 1]]
    assert similarity_likelihood(told_apart, told_apart, label) < similarity_likelihood(mixed_up, mixed_up, label)


def test_the_gradients_are_those_of_finite_differences() -> None:
    x, y = rows(5, 3).requires_grad_(), rows(5, 3, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda one: label_distance(one, LABEL).mean(), (x,))
    assert torch.autograd.gradcheck(lambda one, other: similarity_likelihood(one, other, LABEL), (x, y))
