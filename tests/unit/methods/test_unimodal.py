"""The baselines that see one modality, or both as one feature."""

import dataclasses
from typing import Any

import pytest
import torch
from torch import Tensor

from models.errors import RecipeInvalid
from models.methods import build
from models.methods.base import Batch, Task, Widths
from models.methods.unimodal import OneChannel
from models.types import Metric
from tests.tiny.world import World

SMALL: dict[str, Any] = {"hidden": 16, "text_hidden": 12, "out": 8, "dropout": 0}
CHANNELS = {"audio-only": "audio", "video-only": "video", "concat": "av"}


def made(name: str, task: Task, **options: Any) -> OneChannel:
    torch.manual_seed(0)
    method = build(name, task, SMALL | options)
    assert isinstance(method, OneChannel)
    return method.train()


def features(name: str, audio: Tensor, video: Tensor) -> tuple[Tensor, ...]:
    return {"audio-only": (audio,), "video-only": (video,), "concat": (audio, video)}[name]


@pytest.mark.parametrize("name", CHANNELS)
def test_the_term_is_the_mean_hinge_of_the_channel_against_the_text(name: str, small: World, batch: Batch) -> None:
    method = made(name, small.training.task, margin=0.5)
    text = method.text(batch.text)
    near = method.clip(*features(name, batch.audio, batch.video))
    far = method.clip(*features(name, batch.negative_audio, batch.negative_video))
    hinges = [
        max((text[row] - near[row]).norm().item() - (text[row] - far[row]).norm().item() + 0.5, 0) for row in range(24)
    ]
    assert method.terms(batch)["triplet"].item() == pytest.approx(sum(hinges) / 24, rel=1e-4)


@pytest.mark.parametrize(("name", "looked_at"), [("audio-only", "audio"), ("video-only", "video")])
def test_one_modality_is_all_that_is_looked_at(name: str, looked_at: str, small: World, batch: Batch) -> None:
    method = made(name, small.training.task)
    before = method.terms(batch)["triplet"]
    for changed in ("audio", "video"):
        other = dataclasses.replace(batch, **{changed: -getattr(batch, changed)})
        assert torch.equal(method.terms(other)["triplet"], before) == (changed != looked_at)


def test_concat_reads_sound_then_pictures_as_one_feature(small: World, batch: Batch) -> None:
    method = made("concat", small.training.task)
    joined = torch.cat([batch.audio, batch.video], dim=1)
    assert torch.equal(method.heads()["av"].module(batch.audio, batch.video), method.clip.network(joined))


@pytest.mark.parametrize(("name", "channel"), CHANNELS.items())
def test_routes_lead_between_the_channel_and_text_and_between_clips_only(name: str, channel: str, small: World) -> None:
    method = made(name, small.training.task)
    assert method.routes().keys() == {f"{channel}->text", f"text->{channel}", f"{channel}->{channel}"}
    assert {route.metric for route in method.routes().values()} == {Metric.EUCLIDEAN}
    assert method.heads().keys() == {channel, "text"}
    assert method.fusions() == {}


@pytest.mark.parametrize(("name", "widths"), [("audio-only", (5, 0, 4)), ("video-only", (0, 5, 4))])
def test_one_modality_is_all_that_data_need_to_have(name: str, widths: tuple[int, int, int]) -> None:
    text = torch.eye(3, 4)
    built = made(name, Task(Widths(*widths), class_text=text, unseen_text=text[:0]))
    assert built.clip(torch.zeros(2, 5)).shape == (2, 8)


@pytest.mark.parametrize(
    ("name", "widths", "lacking"),
    [("audio-only", (0, 5, 4), "audio"), ("video-only", (5, 0, 4), "video"), ("concat", (0, 5, 4), "audio")],
)
def test_data_without_the_modality_are_refused_naming_it(name: str, widths: tuple[int, int, int], lacking: str) -> None:
    text = torch.eye(3, 4)
    with pytest.raises(RecipeInvalid, match=f"the data have no {lacking}"):
        build(name, Task(Widths(*widths), class_text=text, unseen_text=text[:0]), SMALL)
