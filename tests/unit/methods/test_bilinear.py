"""DeViSE, ALE and SJE: what they share, beyond what the golden tensors hold them to."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import dropout

from models.errors import RecipeInvalid
from models.methods import build
from models.methods.base import Batch, Samples, Task, Widths
from models.methods.bilinear import Bilinear
from models.types import Metric
from tests.tiny.samples import with_negatives

NAMES = ("devise", "ale", "sje")


def task(audio: int = 6, video: int = 5, text: int = 4) -> Task:
    return Task(Widths(audio, video, text), class_text=torch.eye(3, text), unseen_text=torch.empty(0, text))


def made(name: str, **options: Any) -> Bilinear:
    torch.manual_seed(0)
    method = build(name, task(), options)
    assert isinstance(method, Bilinear)
    return method


@pytest.fixture
def batch() -> Batch:
    numbers = torch.Generator().manual_seed(0)
    audio, video, text = (torch.randn(6, width, generator=numbers) for width in (6, 5, 4))
    label = torch.arange(6) % 2  # the third class has no sample in this batch
    return with_negatives(Samples(audio, video, text[label], label, text[:3]))


def ranking(method: Bilinear, batch: Batch) -> Tensor:
    return method.terms(batch)["ranking"]


@pytest.mark.parametrize("name", NAMES)
def test_classes_that_are_not_in_the_batch_are_ranked_too(name: str, batch: Batch) -> None:
    method = made(name, dropout=0)
    classes = batch.class_text.clone()
    classes[2] *= 50
    found = ranking(method, batch), ranking(method, replace(batch, class_text=classes))
    assert found[0] != found[1]


@pytest.mark.parametrize("name", NAMES)
def test_dropout_acts_on_features_and_on_class_vectors_in_training_only(name: str, batch: Batch) -> None:
    method = made(name, dropout=0.5)
    clean = made(name, dropout=0)
    torch.manual_seed(7)
    found = ranking(method, batch)
    torch.manual_seed(7)
    features = dropout(torch.cat([batch.video, batch.audio], dim=1), 0.5)
    dropped = replace(batch, video=features[:, :5], audio=features[:, 5:], class_text=dropout(batch.class_text, 0.5))
    torch.testing.assert_close(found, ranking(clean, dropped))
    torch.testing.assert_close(ranking(method.eval(), batch), ranking(clean, batch))


def test_the_clip_s_vector_is_a_matrix_times_pictures_and_sound_in_this_order(batch: Batch) -> None:
    method = made("devise").eval()
    head = method.heads()["av"]
    assert head.inputs == ("video", "audio")
    expected = torch.cat([batch.video, batch.audio], dim=1) @ method.clip.map.weight.T
    torch.testing.assert_close(head.module(batch.video, batch.audio), expected)


def test_clips_are_compared_with_the_words_own_features_by_distance(batch: Batch) -> None:
    method = made("ale").eval()
    assert torch.equal(method.heads()["text"].module(batch.class_text), batch.class_text)
    routes = method.routes()
    assert set(routes) == {"av->text", "text->av"}
    assert {each.metric for each in routes.values()} == {Metric.EUCLIDEAN}


def test_normalised_clips_have_no_length(batch: Batch) -> None:
    for normalise, same in (("none", False), ("l2", True)):
        clip = made("sje", normalise=normalise).eval().heads()["av"].module
        assert torch.allclose(clip(batch.video, batch.audio), clip(3 * batch.video, 3 * batch.audio)) is same


def test_a_single_modality_classifies_by_a_route_of_its_own(batch: Batch) -> None:
    method = made("devise", channel="video")
    assert set(method.routes()) == {"video->text", "text->video"}
    assert method.heads()["video"].inputs == ("video",)
    silent = replace(batch, audio=torch.zeros_like(batch.audio))
    assert torch.equal(ranking(method.eval(), batch), ranking(method, silent))


@pytest.mark.parametrize("name", NAMES)
def test_data_without_a_modality_that_is_looked_at_are_refused(name: str) -> None:
    with pytest.raises(RecipeInvalid, match="no audio"):
        build(name, task(audio=0), {})
    assert build(name, task(audio=0), {"channel": "video"}).routes()
