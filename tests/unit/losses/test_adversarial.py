"""The critic's terms against loops and closed forms."""

import pytest
import torch
from torch import Tensor, nn

from models.losses.adversarial import gradient_penalty, wasserstein


def rows(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_wasserstein_is_how_much_better_generated_features_score() -> None:
    real, generated = rows(5, 1), rows(7, 1, seed=1)
    expected = sum(generated.flatten().tolist()) / 7 - sum(real.flatten().tolist()) / 5
    assert wasserstein(real, generated).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("length", [0.5, 1.0, 3.0])
def test_the_penalty_of_a_linear_critic_is_known_in_closed_form(length: float) -> None:
    # The gradient of <w, x> + b is w, wherever the points are drawn.
    linear = nn.Linear(4, 1)
    with torch.no_grad():
        linear.weight.copy_(length * torch.tensor([[0.5, -0.5, 0.5, -0.5]]))
    found = gradient_penalty(linear, rows(6, 4), rows(6, 4, seed=1))
    assert found.item() == pytest.approx((length - 1) ** 2, abs=1e-6)


def test_the_penalty_s_gradient_is_that_of_the_closed_form() -> None:
    linear = nn.Linear(3, 1)
    found = gradient_penalty(linear, rows(6, 3), rows(6, 3, seed=1))
    (gradient,) = torch.autograd.grad(found, linear.weight)
    length = linear.weight.norm()
    torch.testing.assert_close(gradient, 2 * (length - 1) * linear.weight / length)


def test_the_penalty_looks_between_the_real_and_the_generated_row_of_the_same_number() -> None:
    def squared(features: Tensor) -> Tensor:
        return features.square().sum(dim=1, keepdim=True) / 2  # whose gradient is the point itself

    real = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    torch.manual_seed(0)
    share = torch.rand(2, 1)
    points = [[share[0].item(), 0.0], [0.0, 2 * share[1].item()]]
    expected = sum((sum(x * x for x in point) ** 0.5 - 1) ** 2 for point in points) / 2
    torch.manual_seed(0)
    assert gradient_penalty(squared, real, torch.zeros(2, 2)).item() == pytest.approx(expected, rel=1e-5)


def test_the_penalty_moves_the_critic_only() -> None:
    linear, generated = nn.Linear(3, 1), rows(6, 3).requires_grad_()
    torch.autograd.backward(gradient_penalty(linear, rows(6, 3, seed=1), generated))
    assert linear.weight.grad is not None
    assert generated.grad is None
