"""CONSE: a classifier of the seen classes, and the mean of the likeliest classes' texts."""

import pytest
import torch

from models.errors import RecipeInvalid
from models.methods import build
from models.methods.base import GradientMethod
from models.types import Metric
from tests.tiny.samples import samples, task_of, with_negatives
from tests.tiny.world import world
from training.fit import fit
from training.recipe import parse

SMALL = samples()


def made(**options: object) -> GradientMethod:
    torch.manual_seed(0)
    method = build("conse", task_of(SMALL), options)
    assert isinstance(method, GradientMethod)
    return method.eval()


@pytest.mark.parametrize("top", [1, 3, 7, 10])
def test_a_clip_is_the_mean_of_its_likeliest_classes_weighed_by_their_probabilities(top: int) -> None:
    method = made(top=top)
    weights, bias = method.get_parameter("classifier.weight"), method.get_parameter("classifier.bias")
    for clip, found in zip(SMALL.video[:5], method.heads()["video"].module(SMALL.video[:5]), strict=True):
        probability = (weights @ clip + bias).softmax(dim=0)
        likeliest = sorted(range(7), key=lambda each: -probability[each].item())[:top]
        mass = sum(probability[each] for each in likeliest)
        expected = sum(probability[each] / mass * SMALL.class_text[each] for each in likeliest)
        assert isinstance(expected, torch.Tensor)
        torch.testing.assert_close(found, expected)


def test_only_the_classifier_is_trained_by_cross_entropy() -> None:
    method = made()
    assert {name for name, _ in method.named_parameters()} == {"classifier.weight", "classifier.bias"}
    probability = SMALL.video @ method.get_parameter("classifier.weight").T + method.get_parameter("classifier.bias")
    expected = -sum(row.log_softmax(0)[label] for row, label in zip(probability, SMALL.label, strict=True)) / 60
    torch.testing.assert_close(method.terms(with_negatives(SMALL)), {"cross_entropy": expected})


def test_joined_features_are_read_from_both_modalities() -> None:
    head = made(channel="av").heads()["av"]
    assert head.inputs == ("audio", "video")
    assert head.module(SMALL.audio, SMALL.video).shape == SMALL.text.shape
    assert made(channel="av").routes()["av->text"].metric is Metric.COSINE


def test_classes_that_are_only_told_apart_are_refused() -> None:
    with pytest.raises(RecipeInvalid, match="text features of classes, and the data have none"):
        build("conse", task_of(samples(text=0)), {})


def test_trained_by_a_recipe_it_recognises_seen_classes_and_some_unseen_ones() -> None:
    given = world(seen=20, unseen=4, clips=10, audio=12, video=48, text=24)
    quick = {"batch": 64, "steps_per_epoch": 40, "epochs": 2, "optimiser": {"learning_rate": 0.02}}
    recipe = parse({"method": "conse", "weights": {"cross_entropy": 1}} | quick)
    found = fit(recipe, given.training, validation=given.validation, report=lambda _: None)
    stacking = found.best.validation.classification["video"]
    assert stacking.seen_accuracy > 0.5
    assert stacking.harmonic_mean > 0.3  # chance is 1/24
