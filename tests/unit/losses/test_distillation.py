"""Mutual distillation against a loop that follows its formula."""

import math

import pytest
import torch

from models.losses.distillation import mutual


def test_mutual_is_the_mean_of_both_divergences() -> None:
    numbers = torch.Generator().manual_seed(0)
    first, second = (torch.randn(4, 5, generator=numbers).log_softmax(dim=1) for _ in range(2))
    for found, one, other in zip(mutual(first, second).tolist(), first.tolist(), second.tolist(), strict=True):
        there = sum(math.exp(p) * (p - q) for p, q in zip(one, other, strict=True))
        back = sum(math.exp(q) * (q - p) for p, q in zip(one, other, strict=True))
        assert found == pytest.approx((there + back) / 2, rel=1e-5)


def test_mutual_is_nothing_where_both_agree_and_the_same_either_way() -> None:
    numbers = torch.Generator().manual_seed(1)
    first, second = (torch.randn(3, 4, generator=numbers).log_softmax(dim=1) for _ in range(2))
    assert mutual(first, first).tolist() == [0, 0, 0]
    assert mutual(first, second).tolist() == pytest.approx(mutual(second, first).tolist())


def test_both_learn_from_each_other() -> None:
    numbers = torch.Generator().manual_seed(2)
    first, second = (torch.randn(3, 4, generator=numbers, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(lambda x, y: mutual(x.log_softmax(dim=1), y.log_softmax(dim=1)), (first, second))
