"""Moments and whitening, against definitions."""

import numpy as np
import pytest
import torch
from torch import Tensor

from models.errors import TrainingDataInvalid
from models.methods.linear import ROWS, LinearMap, Unchanged, moments, product, whitening


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("rows", [2, 50, ROWS + 3])
def test_moments_are_the_mean_and_covariance_whatever_the_number_of_rows(rows: int) -> None:
    features = normal(rows, 4) @ normal(4, 4, seed=1) + 100
    mean, covariance = moments(features)
    np.testing.assert_allclose(mean, features.double().numpy().mean(axis=0), rtol=1e-12)
    expected = np.cov(features.double().numpy(), rowvar=False, bias=True)
    np.testing.assert_allclose(covariance, expected, rtol=1e-9, atol=1e-12)


def test_product_sums_over_the_rows_of_both() -> None:
    left, right = normal(ROWS + 3, 3), normal(ROWS + 3, 2, seed=1)
    expected = left.double().numpy().T @ right.double().numpy()
    np.testing.assert_allclose(product(left, right), expected, rtol=1e-9)


@pytest.mark.parametrize("regularisation", [0.0, 0.5])
def test_whitening_gives_every_direction_unit_variance(regularisation: float) -> None:
    _, covariance = moments(normal(40, 5) @ normal(5, 5, seed=1))
    white = whitening(covariance, regularisation=regularisation)
    raised = covariance + regularisation * covariance.diagonal().mean() * torch.eye(5)
    torch.testing.assert_close(white.T @ raised @ white, torch.eye(5, dtype=torch.float64))


def test_whitening_leaves_out_directions_that_only_rounding_varies() -> None:
    features = normal(40, 3) @ normal(3, 6, seed=1)
    assert whitening(moments(features)[1], regularisation=0).shape == (6, 3)
    assert whitening(moments(features)[1], regularisation=1e-3).shape == (6, 6)


def test_features_that_never_vary_cannot_be_whitened() -> None:
    with pytest.raises(TrainingDataInvalid, match="the same in all training samples"):
        whitening(moments(torch.ones(9, 3))[1], regularisation=0.1)


def test_a_linear_map_moves_then_multiplies_the_features_side_by_side() -> None:
    made = LinearMap(5, 2)
    offset, weights = normal(5, seed=2), normal(5, 2, seed=3)
    made.take(offset=offset.double(), weights=weights.double())
    audio, video = normal(7, 3), normal(7, 2, seed=1)
    torch.testing.assert_close(made(audio, video), (torch.cat([audio, video], dim=1) - offset) @ weights)
    assert not list(made.parameters())


def test_unchanged_features_are_those_of_all_modalities_in_order() -> None:
    audio, video = normal(7, 3), normal(7, 2, seed=1)
    assert torch.equal(Unchanged()(audio), audio)
    assert torch.equal(Unchanged()(audio, video), torch.cat([audio, video], dim=1))
