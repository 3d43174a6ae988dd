"""The cross-entropies of several classifications, against a loop that follows their formula."""

import math

import pytest
import torch
from torch import Tensor

from models.losses.transitive import cross_entropies

LABEL = torch.tensor([0, 2, 1, 2, 0])


def logits(seed: int) -> Tensor:
    return 3 * torch.randn(5, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def naive(raw: list[float], label: int) -> float:
    return -math.log(math.exp(raw[label]) / sum(math.exp(each) for each in raw))


def test_cross_entropies_average_over_rows_and_sum_over_classifications() -> None:
    several = [logits(seed) for seed in (0, 1, 2)]
    expected = sum(
        naive(row, label) / 5 for each in several for row, label in zip(each.tolist(), LABEL.tolist(), strict=True)
    )
    assert cross_entropies(several, LABEL).item() == pytest.approx(expected, rel=1e-12)


def test_the_gradient_of_cross_entropies_is_that_of_finite_differences() -> None:
    given = (logits(0).requires_grad_(), logits(1).requires_grad_())
    assert torch.autograd.gradcheck(lambda *several: cross_entropies(several, LABEL), given)
