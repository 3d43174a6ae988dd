"""ESZSL against its formula as the paper writes it, samples in columns."""

from functools import partial

import numpy as np
import pytest
import torch

from models.errors import RecipeInvalid
from models.methods import build
from models.methods.base import Samples
from models.types import Metric
from tests.tiny.samples import samples, solved_by, task_of
from tests.tiny.world import world
from training.fit import fit
from training.recipe import parse

SMALL = samples()
solved = partial(solved_by, "eszsl")


@pytest.mark.parametrize(("targets", "other"), [("signed", -1.0), ("binary", 0.0)])
def test_scores_are_those_of_the_closed_form(targets: str, other: float) -> None:
    x, s = SMALL.video.double().numpy().T, SMALL.class_text.double().numpy().T
    y = np.full((60, 7), other)
    for row, label in enumerate(SMALL.label.tolist()):
        y[row, label] = 1
    weights = np.linalg.inv(x @ x.T + 0.3 * np.eye(5)) @ x @ y @ s.T @ np.linalg.inv(s @ s.T + 2 * np.eye(4))
    heads = solved(SMALL, gamma=0.3, lambda_=2, targets=targets).heads()
    found = heads["video"].module(SMALL.video) @ heads["text"].module(SMALL.class_text).T
    np.testing.assert_allclose(found, x.T @ weights @ s, rtol=1e-3, atol=1e-4)


def test_the_weights_minimise_the_regularised_squares() -> None:
    gamma, lambda_ = 0.3, 2.0
    weights = solved(SMALL, gamma=gamma, lambda_=lambda_).get_buffer("map.weights").double().requires_grad_()
    x, s = SMALL.video.double(), SMALL.class_text.double()
    y = 2 * torch.eye(7, dtype=torch.float64)[SMALL.label] - 1
    penalty = gamma * (weights @ s.T).square().sum() + lambda_ * (x @ weights).square().sum()
    loss = (x @ weights @ s.T - y).square().sum() + penalty + gamma * lambda_ * weights.square().sum()
    (gradient,) = torch.autograd.grad(loss, weights)
    # Terms of the gradient are in the thousands, and the weights float32.
    assert gradient.abs().max() < 1e-2


def test_joined_features_are_those_of_both_modalities() -> None:
    joined = Samples(SMALL.audio[:, :0], torch.cat([SMALL.audio, SMALL.video], dim=1), *_rest(SMALL))
    both, alone = solved(SMALL, channel="av"), solved(joined, channel="video")
    found = both.heads()["av"].module(SMALL.audio, SMALL.video)
    torch.testing.assert_close(found, alone.heads()["video"].module(joined.video))
    assert both.heads()["av"].inputs == ("audio", "video")
    assert set(both.routes()) == {"av->text", "text->av"}


def _rest(given: Samples) -> tuple[torch.Tensor, ...]:
    return given.text, given.label, given.class_text


def test_clips_and_texts_are_compared_by_inner_product() -> None:
    routes = solved(SMALL).routes()
    assert set(routes) == {"video->text", "text->video"}
    assert {route.metric for route in routes.values()} == {Metric.INNER}


def test_features_that_are_always_zero_are_solved_with_the_others() -> None:
    padded = Samples(SMALL.audio, torch.cat([SMALL.video, torch.zeros(60, 2)], dim=1), *_rest(SMALL))
    found = solved(padded).get_buffer("map.weights")
    torch.testing.assert_close(found[:5], solved(SMALL).get_buffer("map.weights"))
    assert not found[5:].any()


def test_classes_that_are_only_told_apart_are_refused() -> None:
    with pytest.raises(RecipeInvalid, match="text features of classes, and the data have none"):
        build("eszsl", task_of(samples(text=0)), {})


@pytest.mark.parametrize("options", [{"gamma": 0}, {"lambda_": -1}])
def test_regularisers_must_be_above_zero(options: dict[str, float]) -> None:
    with pytest.raises(RecipeInvalid, match=f"options.{next(iter(options))}: .* greater than 0"):
        build("eszsl", task_of(SMALL), options)


def test_a_searched_recipe_recognises_unseen_classes_of_words_it_has_seen() -> None:
    # Chance is 1/24.
    given = world(seen=20, unseen=4, clips=10, audio=12, video=48, text=24)
    recipe = parse({"method": "eszsl", "search": {"gamma": [1.0, 100.0], "lambda_": [0.1, 1.0]}})
    found = fit(recipe, given.training, validation=given.validation, report=lambda _: None)
    assert len(found.history) == 4
    assert found.best.validation.classification["video"].harmonic_mean > 0.4
