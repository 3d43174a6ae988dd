"""From clips to backbones and bundles, with networks and schedules small enough for a test."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from models.bundle.runtime import Bundle
from models.errors import MediaInvalid, SenseMissing
from models.features.backbone import Backbone
from models.features.card import EncoderCard
from models.features.text import TextEncoder
from models.media.cage import Cage
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.types import F32, U8, Modality, Sense
from tests.tiny.clips import tiny_clip
from tests.tiny.encoders import tiny_audio_backbone, tiny_text_encoder, tiny_video_backbone
from tests.tiny.world import world
from training import experiment
from training.backbones import audio_cnn, video_cnn
from training.backbones.fit import Schedule
from training.experiment import PLANS, WIDTH, LabelledClip
from training.progress import Progress
from training.recipe import named

LABELS = ["low ball", "high ball", "low bell", "high bell"]
SENSES: tuple[Sense, ...] = ("audio", "video")


def media(seed: int, *, seconds: float = 1.5) -> Media:
    """Noise, as the demo's backbones take it."""
    rng, frames = np.random.default_rng(seed), video_cnn.TAKES
    samples = rng.uniform(-0.5, 0.5, round(seconds * audio_cnn.TAKES.rate)).astype(np.float32)
    pictures = rng.integers(0, 256, (round(seconds * frames.rate), frames.size, frames.size, 3), np.uint8)
    return Media(seconds, audio_cnn.TAKES, frames, samples, pictures)


@dataclass(frozen=True, slots=True)
class Trained:
    """A backbone as it came back from its folder, and the network that it was made of."""

    backbone: Backbone
    network: nn.Module
    folder: Path


@pytest.fixture(scope="module", params=SENSES)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    sense: Sense = request.param
    folder, made = tmp_path_factory.mktemp(sense), []

    def network() -> nn.Module:
        made.append(PLANS[sense].network())
        return made[-1]

    backbone = experiment.train_backbone(
        sense,
        [media(seed) for seed in range(4)],
        LABELS,
        plan=replace(PLANS[sense], network=network, schedule=Schedule(epochs=1, batch=4)),
        folder=folder,
        seed=0,
        report=lambda epoch, loss: None,
        threads=1,
    )
    return Trained(backbone, made[0], folder)


def lengths(sense: Sense) -> Iterator[Media]:
    """Media of one sample or frame, of two, and of many seconds."""
    whole = media(9, seconds=4.4)
    assert whole.samples is not None
    assert whole.frames is not None
    every: F32 | U8 = whole.samples if sense == "audio" else whole.frames
    for n in (1, 2, 3, 9, len(every) // 3, len(every)):
        if sense == "audio":
            yield replace(whole, samples=whole.samples[:n], frames=None)
        else:
            yield replace(whole, frames=whole.frames[:n], samples=None)


def test_a_backbone_gives_what_torch_gives_from_one_sample_or_frame_up(trained: Trained) -> None:
    sense = trained.backbone.card.sense
    for each in lengths(sense):
        clip = each.samples if sense == "audio" else each.frames
        assert clip is not None
        with torch.inference_mode():
            expected = trained.network(torch.from_numpy(clip[None]))[0].numpy()
        found = trained.backbone.feature(each)
        assert found.shape == (WIDTH,)
        np.testing.assert_allclose(found, expected, atol=1e-4, err_msg=f"{len(clip)} steps")


def test_a_backbone_tells_clips_apart(trained: Trained) -> None:
    first, again, other = (trained.backbone.feature(media(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_a_backbones_card_says_what_it_takes_and_where_it_comes_from(trained: Trained) -> None:
    card = trained.backbone.card
    assert card.ref == f"demo-{card.sense}@1"
    assert card.takes == PLANS[card.sense].takes
    assert card.width == WIDTH
    assert card.source == "trained on 4 clips of 4 classes, seed 0"
    assert Backbone.open(trained.folder / card.ref).card == card


def test_a_training_clip_without_the_sense_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    with pytest.raises(SenseMissing, match="1 of 2 training clips have no audio"):
        experiment.train_backbone(
            "audio",
            [media(0), replace(media(1), samples=None)],
            ["glass ball", "metal bell"],
            plan=PLANS["audio"],
            folder=tmp_path,
            seed=0,
            report=lambda epoch, loss: None,
            threads=1,
        )
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def cage() -> Iterator[Cage]:
    with Cage(Limits(), workers=1) as cage:
        yield cage


def test_clips_are_decoded_in_order_as_the_backbones_take_them(tmp_path: Path, cage: Cage) -> None:
    tones = (300.0, 900.0)
    paths = [tiny_clip(tmp_path / f"{tone}.mp4", seconds=1, tone_hz=tone) for tone in tones]
    found = list(experiment.decode([LabelledClip(path, "a label", "train") for path in paths], cage))
    for each, tone in zip(found, tones, strict=True):
        assert (each.sound, each.pictures) == (audio_cnn.TAKES, video_cnn.TAKES)
        assert each.samples is not None
        loudest_hz = np.abs(np.fft.rfft(each.samples)).argmax() * audio_cnn.TAKES.rate / len(each.samples)
        assert loudest_hz == pytest.approx(tone, abs=5)


def test_a_clip_that_cannot_be_decoded_is_raised(tmp_path: Path, cage: Cage) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no clip at all" * 100)
    with pytest.raises(MediaInvalid):
        list(experiment.decode([LabelledClip(tmp_path / "bad.mp4", "a label", "train")], cage))


def test_features_have_the_precision_that_a_gallery_keeps(tmp_path: Path) -> None:
    backbones: dict[Sense, Backbone] = {
        "audio": Backbone.open(tiny_audio_backbone(tmp_path / "audio")),
        "video": Backbone.open(tiny_video_backbone(tmp_path / "video")),
    }
    numbers = np.random.default_rng(0)
    sound, pictures = SoundSpec(rate=16_000), FrameSpec(rate=4.0, size=32, shorter_side=32)
    clips = [
        Media(1.0, sound, pictures, numbers.uniform(-1, 1, 16_000).astype(np.float32), frames)
        for frames in numbers.integers(0, 256, (3, 4, 32, 32, 3), np.uint8)
    ]
    found = experiment.joined(list(experiment.feature_set(clips, ["b", "a", "b"], backbones, ["a", "b"])))
    assert found.label.tolist() == [1, 0, 1]
    for sense, rows in (("audio", found.audio), ("video", found.video)):
        expected = np.stack([backbones["audio" if sense == "audio" else "video"].feature(clip) for clip in clips])
        assert np.array_equal(rows, expected.astype(np.float16).astype(np.float32))
        assert not np.array_equal(rows, expected)


def test_a_trained_method_is_a_bundle_of_its_encoders_that_says_how_well_it_did(tmp_path: Path) -> None:
    small = world(seen=6, unseen=3, clips=6, audio=8, video=8, text=8)
    cards: dict[Modality, EncoderCard] = {
        "text": TextEncoder.open(tiny_text_encoder(tmp_path / "text")).card,
        "video": Backbone.open(tiny_video_backbone(tmp_path / "video")).card,
        "audio": Backbone.open(tiny_audio_backbone(tmp_path / "audio")).card,
    }
    options = {"hidden": 16, "text_hidden": 12, "out": 8}
    quick = {"options": options, "batch": 24, "steps_per_epoch": 2, "epochs": 2}
    reports: list[Progress] = []
    manifest = experiment.train_method(
        named("cjme", on="demo").model_copy(update=quick),
        folder=tmp_path / "bundles" / "demo-cjme",
        training=small.training.features,
        validation=small.validation.features,
        classes=small.training.classes,
        encoders=cards,
        trained_on="a world in a test",
        report=reports.append,
        threads=1,
    )
    assert Bundle.open(tmp_path / "bundles" / "demo-cjme").manifest == manifest
    assert {sense: each.name for sense, each in manifest.backbones.items()} == {
        "audio": "tiny-audio@1",
        "video": "tiny-video@1",
    }
    assert (manifest.text_encoder.name, manifest.text_encoder.sha256) == ("tiny-text@1", cards["text"].sha256)
    best = max(each.merit for each in reports)
    assert manifest.evaluation["validation harmonic mean"] == best
    assert manifest.trained_on == "a world in a test"
