"""Raw features compared across modalities."""

import pytest
import torch

from models.errors import RecipeInvalid
from models.methods import build
from models.types import Metric
from tests.tiny.samples import samples, task_of

EQUAL = samples(audio=5, video=5)


def test_the_features_stay_as_they_are() -> None:
    heads = build("pretrained", task_of(EQUAL), {}).heads()
    assert torch.equal(heads["audio"].module(EQUAL.audio), EQUAL.audio)
    assert torch.equal(heads["video"].module(EQUAL.video), EQUAL.video)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_sounds_and_pictures_find_each_other_by_the_metric_and_words_find_nothing(metric: str) -> None:
    routes = build("pretrained", task_of(EQUAL), {"metric": metric}).routes()
    assert set(routes) == {"audio->video", "video->audio", "audio->audio", "video->video"}
    assert {route.metric for route in routes.values()} == {Metric(metric)}


def test_features_of_different_widths_are_refused_naming_both() -> None:
    with pytest.raises(RecipeInvalid, match="audio has 6, video 5 numbers"):
        build("pretrained", task_of(samples(audio=6, video=5)), {})


def test_data_without_sound_are_refused() -> None:
    with pytest.raises(RecipeInvalid, match="the data have no audio"):
        build("pretrained", task_of(samples(audio=0, video=5)), {})
