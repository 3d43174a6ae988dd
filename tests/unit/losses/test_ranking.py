"""Every ranking loss against a loop that follows its formula."""

import pytest
import torch
from torch import Tensor

from models.losses.ranking import largest, rank_weighed, summed, violations

MARGIN = 0.3


def scored(samples: int = 12, classes: int = 7) -> tuple[Tensor, Tensor]:
    numbers = torch.Generator().manual_seed(0)
    return torch.randn(samples, classes, generator=numbers), torch.arange(samples) % classes


def loop(scores: Tensor, label: Tensor) -> list[list[float]]:
    """The hinges of the other classes of each sample."""
    return [
        [max(MARGIN + float(row[c] - row[y]), 0) for c in range(len(row)) if c != y]
        for row, y in zip(scores, label.tolist(), strict=True)
    ]


def test_violations_are_the_hinges_of_all_other_classes() -> None:
    scores, label = scored()
    found = violations(scores, label, margin=MARGIN)
    for row, y, expected in zip(found.tolist(), label.tolist(), loop(scores, label), strict=True):
        assert row[y] == 0
        assert row[:y] + row[y + 1 :] == pytest.approx(expected, abs=1e-6)


def test_devise_sums_the_violations() -> None:
    scores, label = scored()
    expected = [sum(row) for row in loop(scores, label)]
    assert summed(violations(scores, label, margin=MARGIN)).tolist() == pytest.approx(expected, rel=1e-5)


def test_sje_takes_the_worst_violation() -> None:
    scores, label = scored()
    expected = [max(row) for row in loop(scores, label)]
    assert largest(violations(scores, label, margin=MARGIN)).tolist() == pytest.approx(expected, rel=1e-5)


def test_ale_weighs_the_mean_violation_by_the_harmonic_number_of_the_rank() -> None:
    scores, label = scored()
    expected = []
    for row in loop(scores, label):
        rank = sum(hinge > 0 for hinge in row)
        expected.append(sum(1 / k for k in range(1, rank + 1)) * sum(row) / rank if rank else 0.0)
    assert rank_weighed(violations(scores, label, margin=MARGIN)).tolist() == pytest.approx(expected, rel=1e-5)
    assert min(expected) < max(expected)


def test_a_class_that_is_right_by_more_than_the_margin_costs_nothing_and_gives_no_gradient() -> None:
    scores = torch.tensor([[5.0, 1.0, 0.0]], requires_grad=True)
    for loss in (summed, largest, rank_weighed):
        found = loss(violations(scores, torch.tensor([0]), margin=MARGIN))
        (gradient,) = torch.autograd.grad(found.sum(), scores)
        assert found.tolist() == [0]
        assert gradient.tolist() == [[0, 0, 0]]


def test_no_gradient_flows_through_the_rank() -> None:
    scores = torch.tensor([[0.0, 1.0, 2.0, -9.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(rank_weighed(violations(scores, torch.tensor([0]), margin=MARGIN)).sum(), scores)
    weight = (1 + 1 / 2) / 2
    assert gradient[0].tolist() == pytest.approx([-2 * weight, weight, weight, 0])
