"""Pseudo masks against gradients of their own, and the distances of masks against loops."""

import pytest
import torch
from torch import Tensor

from models.losses.masks import mask_distance, pseudo_mask


def features(rows: int, width: int) -> Tensor:
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()


def loss(given: Tensor) -> Tensor:
    return (given.sin() * given.roll(1, 1)).sum()


@pytest.mark.parametrize(("share", "shown"), [(0.1, 1), (0.2, 2), (0.5, 5), (0.01, 1)])
def test_a_pseudo_mask_shows_where_finite_differences_raise_the_loss_most(share: float, shown: int) -> None:
    given = features(4, 10)
    found = pseudo_mask(loss(given), given, share=share)
    for row in range(4):
        slopes = []
        for column in range(10):
            step = torch.zeros(4, 10, dtype=torch.float64)
            step[row, column] = 1e-5
            slopes.append((loss(given + step) - loss(given - step)).item())
        best = sorted(range(10), key=lambda column: -slopes[column])[:shown]
        assert sorted(found[row].nonzero().flatten().tolist()) == sorted(best)
    assert set(found.flatten().tolist()) == {0, 1}


def test_signs_count_a_large_fall_is_not_shown() -> None:
    given = torch.tensor([[1.0, 1.0, 1.0]], requires_grad=True)
    found = pseudo_mask((given * torch.tensor([-9.0, 1.0, 2.0])).sum(), given, share=1 / 3)
    assert found.tolist() == [[0, 0, 1]]


def test_a_pseudo_mask_is_a_constant_and_leaves_the_loss_to_be_descended() -> None:
    given = features(2, 4)
    found = loss(given)
    assert not pseudo_mask(found, given, share=0.5).requires_grad
    assert given.grad is None
    torch.autograd.backward(found)
    assert given.grad is not None


def test_distances_of_masks_follow_their_formulas() -> None:
    predicted, wanted = torch.tensor([[0.5, 0.25], [1.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    assert mask_distance(predicted, wanted, kind="squared").item() == pytest.approx((0.25 + 0.0625 + 1) / 4)
    assert mask_distance(predicted, wanted, kind="absolute").item() == pytest.approx((0.5 + 0.25 + 1) / 4)
    assert mask_distance(predicted, wanted, kind="euclidean").item() == pytest.approx((0.3125**0.5 + 1) / 2)
