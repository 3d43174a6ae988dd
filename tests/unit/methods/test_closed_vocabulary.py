"""A classifier as two heads: it knows its own classes by their words, and no others."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import normalize

from models.bundle.manifest import RouteSpec
from models.methods.base import Task, Widths
from models.methods.closed_vocabulary import NEVER, ClassRows, UnitClip
from models.methods.fvaegan import FVAEGAN, Options
from models.types import Metric

CLASSES, WIDTH, WORDS = 6, 5, 8


def parts(seed: int = 0) -> tuple[nn.Linear, Tensor, ClassRows]:
    torch.manual_seed(seed)
    classifier, text = nn.Linear(WIDTH, CLASSES), torch.randn(CLASSES, WORDS)
    return classifier, text, ClassRows(classifier, text)


def test_a_clip_is_its_unit_features_and_1() -> None:
    audio, video = torch.randn(4, 2), torch.randn(4, 3)
    found = UnitClip()(audio, video)
    torch.testing.assert_close(found[:, :-1], normalize(torch.cat([audio, video], dim=1)))
    assert found[:, -1].tolist() == [1, 1, 1, 1]


def test_words_of_a_class_get_its_weights_and_bias_whatever_their_order_length_and_rounding() -> None:
    classifier, text, rows = parts()
    order = torch.tensor([4, 0, 0, 5])
    found = rows(3 * text[order].half().float())
    expected = torch.cat([classifier.weight, classifier.bias[:, None]], dim=1)[order]
    assert torch.equal(found, expected)


def test_the_inner_product_is_the_classifier_s_logit() -> None:
    classifier, text, rows = parts()
    audio, video = torch.randn(4, 2), torch.randn(4, 3)
    logits = classifier(normalize(torch.cat([audio, video], dim=1)))
    torch.testing.assert_close(UnitClip()(audio, video) @ rows(text).T, logits)


def test_words_that_name_none_of_the_classes_get_no_weights_and_the_lowest_bias() -> None:
    _, text, rows = parts()
    strangers = torch.stack([text[0] + text[1], -text[2], torch.zeros(WORDS), text[3] + 0.1 * text[4]])
    found = rows(strangers)
    assert not found[:, :-1].any()
    assert found[:, -1].tolist() == [NEVER] * 4


def test_of_two_classes_with_nearly_the_same_words_the_nearer_one_is_meant() -> None:
    classifier, text, _ = parts()
    text[1] = text[0] + 1e-3 * text[2]
    found = ClassRows(classifier, text)(text[:2])
    assert torch.equal(found[:, :-1], classifier.weight[:2])


@settings(max_examples=50)
@given(seed=st.integers(0, 2**31), scale=st.floats(1e-3, 1e3))
def test_unknown_words_are_never_chosen(seed: int, scale: float) -> None:
    _, text, rows = parts(seed)
    clips = scale * torch.randn(20, 2), scale * torch.randn(20, 3)
    candidates = torch.cat([torch.randn(3, WORDS), text])
    assert (UnitClip()(*clips) @ rows(candidates).T).argmax(dim=1).min() >= 3


@pytest.fixture
def method() -> FVAEGAN:
    torch.manual_seed(0)
    task = Task(Widths(2, 3, WORDS), class_text=torch.randn(3, WORDS), unseen_text=torch.randn(2, WORDS))
    sizes: dict[str, Any] = {"hidden": 4, "latent": 4, "generator_hidden": 4, "critic_hidden": 4, "synthesised": 2}
    return FVAEGAN(task, Options(**sizes)).eval()


def test_fvaegan_serves_its_classifier_between_clips_and_words(method: FVAEGAN) -> None:
    audio, video = torch.rand(4, 2), torch.rand(4, 3)
    heads = method.heads()
    assert method.routes() == {
        "av->text": RouteSpec(query="av", gallery="text", metric=Metric.INNER),
        "text->av": RouteSpec(query="text", gallery="av", metric=Metric.INNER),
    }
    assert heads["av"].inputs == ("audio", "video")
    found = heads["av"].module(audio, video) @ heads["text"].module(method.class_text).T
    torch.testing.assert_close(found, method.classifier(normalize(torch.cat([audio, video], dim=1))))
    assert (heads["text"].module(torch.randn(7, WORDS))[:, -1] == NEVER).all()
