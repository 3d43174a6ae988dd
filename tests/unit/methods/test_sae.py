"""SAE against a general solver of Sylvester equations, and against what it minimises."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy.linalg import solve_sylvester

from models.errors import RecipeInvalid
from models.methods import build
from models.methods.base import Samples
from models.methods.sae import sylvester
from models.types import Metric
from tests.tiny.samples import samples, solved_by, task_of

SMALL = samples()
solved = partial(solved_by, "sae")


@pytest.mark.parametrize("lambda_", [0.01, 1.0, 100.0])
def test_the_encoder_solves_the_sylvester_equation_of_the_paper(lambda_: float) -> None:
    s, x = SMALL.text.double().numpy().T, SMALL.video.double().numpy().T
    expected = solve_sylvester(s @ s.T, lambda_ * x @ x.T, (1 + lambda_) * s @ x.T)
    found = solved(SMALL, lambda_=lambda_).get_buffer("map.weights").T
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_the_encoder_minimises_both_reconstructions() -> None:
    encoder = solved(SMALL, lambda_=0.5).get_buffer("map.weights").T.double().requires_grad_()
    s, x = SMALL.text.double().T, SMALL.video.double().T
    loss = (x - encoder.T @ s).square().sum() + 0.5 * (encoder @ x - s).square().sum()
    (gradient,) = torch.autograd.grad(loss, encoder)
    # Terms of the gradient are in the hundreds, and the weights float32.
    assert gradient.abs().max() < 1e-3


def test_fewer_classes_than_text_features_and_dead_features_leave_nothing_open() -> None:
    few = samples(classes=3, text=8)
    dead = Samples(few.audio, torch.cat([few.video, torch.zeros(60, 2)], dim=1), few.text, few.label, few.class_text)
    weights = solved(dead).get_buffer("map.weights")
    s, x, encoder = dead.text.double(), dead.video.double(), weights.T.double()
    residual = s.T @ s @ encoder + encoder @ x.T @ x - 2 * s.T @ x
    assert residual.abs().max() < 1e-4 * (s.T @ x).abs().max()
    assert not weights[5:].any()
    assert weights.abs().max() < 10


def test_what_an_equation_leaves_open_is_zero() -> None:
    left, right = torch.diag(torch.tensor([2.0, 0.0])).double(), torch.diag(torch.tensor([3.0, 0.0])).double()
    found = sylvester(left, right, torch.tensor([[10.0, 4.0], [6.0, 0.0]]).double())
    assert found.tolist() == [[2, 2], [2, 0]]


def test_encoding_and_decoding_use_one_matrix_and_its_transpose() -> None:
    encoding, decoding = solved(SMALL, direction="encode"), solved(SMALL, direction="decode")
    torch.testing.assert_close(encoding.get_buffer("map.weights"), decoding.get_buffer("map.weights").T)
    assert torch.equal(encoding.heads()["text"].module(SMALL.text), SMALL.text)
    assert torch.equal(decoding.heads()["video"].module(SMALL.video), SMALL.video)
    assert decoding.heads()["text"].module(SMALL.text).shape == SMALL.video.shape


@pytest.mark.parametrize("direction", ["encode", "decode"])
def test_clips_and_texts_are_compared_by_cosine(direction: str) -> None:
    routes = solved(SMALL, direction=direction, channel="av").routes()
    assert set(routes) == {"av->text", "text->av"}
    assert {route.metric for route in routes.values()} == {Metric.COSINE}


def test_classes_that_are_only_told_apart_are_refused() -> None:
    with pytest.raises(RecipeInvalid, match="text features of classes, and the data have none"):
        build("sae", task_of(samples(text=0)), {})
