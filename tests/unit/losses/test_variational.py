"""The autoencoder's terms against loops that follow their formulas."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence
from torch.nn.functional import normalize

from models.losses.variational import bernoulli, divergence, gaussian


def rows(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_divergence_is_the_formula_s_sum_over_dimensions() -> None:
    mean, log_variance = rows(4, 3), rows(4, 3, seed=1)
    expected = [
        -0.5 * sum(1 + v - m * m - math.exp(v) for m, v in zip(m_row, v_row, strict=True))
        for m_row, v_row in zip(mean.tolist(), log_variance.tolist(), strict=True)
    ]
    assert divergence(mean, log_variance).tolist() == pytest.approx(expected, rel=1e-5)


def test_divergence_is_torch_s_and_0_for_the_standard_normal() -> None:
    mean, log_variance = rows(4, 3), rows(4, 3, seed=1)
    theirs = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(torch.zeros(1), torch.ones(1))).sum(dim=1)
    torch.testing.assert_close(divergence(mean, log_variance), theirs)
    assert divergence(torch.zeros(2, 3), torch.zeros(2, 3)).tolist() == [0, 0]


def test_bernoulli_is_the_cross_entropy_s_sum_over_dimensions() -> None:
    decoded, target = rows(4, 5), rows(4, 5, seed=1).sigmoid()
    expected = []
    for logits, wanted in zip(decoded.tolist(), target.tolist(), strict=True):
        probabilities = [1 / (1 + math.exp(-logit)) for logit in logits]
        pairs = zip(probabilities, wanted, strict=True)
        expected.append(-sum(t * math.log(p) + (1 - t) * math.log(1 - p) for p, t in pairs))
    assert bernoulli(decoded, target).tolist() == pytest.approx(expected, rel=1e-5)


def test_bernoulli_stays_finite_where_the_logits_are_certain_and_wrong() -> None:
    assert bernoulli(torch.tensor([[500.0, -500.0]]), torch.tensor([[0.0, 1.0]])).tolist() == [1000]


def test_gaussian_is_minus_the_log_likelihood_with_variance_1_over_d_without_its_constant() -> None:
    target, decoded = normalize(rows(4, 5)), rows(4, 5, seed=1)
    expected = [
        sum((x - m) ** 2 / (2 * (1 / 5)) for m, x in zip(means, wanted, strict=True))
        for means, wanted in zip(decoded.tolist(), target.tolist(), strict=True)
    ]
    assert gaussian(decoded, target).tolist() == pytest.approx(expected, rel=1e-5)
    assert gaussian(target, target).tolist() == [0, 0, 0, 0]
