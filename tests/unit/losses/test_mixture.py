"""Mixtures of class probabilities against loops in Python's own arithmetic."""

import math
from fractions import Fraction

import pytest
import torch
from torch import Tensor

from models.losses.mixture import log_complements, mixed, one_against_all


def log_probabilities(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).mul(2).log_softmax(dim=1)


def test_a_mixture_s_probabilities_are_the_weighted_means() -> None:
    first, second = log_probabilities(4, 5), log_probabilities(4, 5, seed=1)
    found = mixed(first, second, share=0.3).exp()
    for row in range(4):
        for column in range(5):
            expected = 0.7 * math.exp(first[row, column]) + 0.3 * math.exp(second[row, column])
            assert found[row, column].item() == pytest.approx(expected, rel=1e-5)


def test_one_against_all_sums_the_binary_cross_entropies_of_all_classes() -> None:
    given, label = log_probabilities(6, 4), [0, 3, 1, 1, 2, 0]
    for found, row, right in zip(one_against_all(given, torch.tensor(label)).tolist(), given, label, strict=True):
        p = [math.exp(each) for each in row.tolist()]
        expected = -sum(math.log(p[c]) if c == right else math.log(1 - p[c]) for c in range(4))
        assert found == pytest.approx(expected, rel=1e-5)


def test_one_against_all_by_hand() -> None:
    given = torch.tensor([[0.5, 0.25, 0.25]]).log()
    # -(log 1/4 + log 1/2 + log 3/4)
    assert one_against_all(given, torch.tensor([1])).item() == pytest.approx(-math.log(3 / 32))


def test_what_a_sure_class_lacks_is_exact() -> None:
    logits = torch.tensor([[60.0, 0.0, 0.0]])
    found = log_complements(logits.log_softmax(dim=1))
    # 1 - p of the first is 2 e^-60 / (1 + 2 e^-60), of which float32 keeps nothing when it is taken from 1.
    assert found[0, 0].item() == pytest.approx(math.log(2) - 60, rel=1e-6)
    assert found[0, 1].item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("margin", [0.0, 1.0, 20.0, 60.0, 1000.0])
def test_a_sure_and_wrong_answer_costs_its_margin_and_can_be_learned_from(margin: float) -> None:
    logits = torch.tensor([[margin, 0.0]], requires_grad=True)
    loss = one_against_all(logits.log_softmax(dim=1), torch.tensor([1]))
    torch.autograd.backward(loss.sum())
    # Of two classes both halves of the loss are log(1 + e^margin), whose slope is the sigmoid.
    expected = margin + math.log1p(math.exp(-margin))
    assert loss.item() == pytest.approx(2 * expected)
    assert logits.grad is not None
    slope = float(2 / (1 + Fraction(math.exp(-margin))))
    assert logits.grad[0].tolist() == pytest.approx([slope, -slope], rel=1e-5)


def test_the_gradient_is_that_of_finite_differences() -> None:
    numbers = torch.Generator().manual_seed(0)
    first, second = (torch.randn(5, 4, generator=numbers, dtype=torch.float64, requires_grad=True) for _ in range(2))
    label = torch.tensor([0, 1, 2, 3, 0])

    def loss(audio: Tensor, video: Tensor) -> Tensor:
        return one_against_all(mixed(audio.log_softmax(dim=1), video.log_softmax(dim=1), share=0.4), label)

    assert torch.autograd.gradcheck(loss, (first, second))
