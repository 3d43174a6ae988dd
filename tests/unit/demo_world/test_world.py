"""The rendered world: files that play, the same for the same seed, whose pictures and sound belong together."""

import csv
from pathlib import Path

import av
import numpy as np
import pytest

from models.media.collection import listed
from models.media.decoding.decode import decode
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.types import F32, F64
from tests.unit.demo_world.onsets import onset_lag_s
from training.datasets.demo_world import picture, sound
from training.datasets.demo_world.vocabulary import CLASSES, SEEN, UNSEEN
from training.datasets.demo_world.world import Listing, listings, render_clip, render_world

PICTURES = FrameSpec(rate=picture.RATE, size=picture.SIZE, shorter_side=picture.SIZE)
FRAME_S = 1 / picture.RATE


def rendered(path: Path, label: str, seed: int) -> Path:
    render_clip(path, label=label, seed=[seed, 0])
    return path


def media(path: Path) -> Media:
    return decode(path, sound=SoundSpec(rate=sound.RATE), pictures=PICTURES, limits=Limits())


def lows_s(found: Media) -> F64:
    """When the thing is lowest in the pictures: the instants whose change is farther down than their neighbours'."""
    assert found.frames is not None
    light = found.frames.astype(np.float64)
    change = np.abs(light - np.median(light, axis=0)).sum(axis=3)
    change[change < 60] = 0
    height = (change.sum(axis=2) * np.arange(picture.SIZE)).sum(axis=1) / change.sum(axis=(1, 2))
    inner = np.arange(1, len(height) - 1)
    low = inner[(height[inner] >= height[inner - 1]) & (height[inner] > height[inner + 1])]
    instants: F64 = low[height[low] > height.mean()] * FRAME_S
    return instants


def test_no_clip_of_an_unseen_class_is_for_training_and_every_class_is_in_validation_and_test() -> None:
    labels = {split: {each.label for each in listings() if each.split == split} for split in ("train", "val", "test")}
    assert labels == {"train": set(SEEN), "val": set(CLASSES), "test": set(CLASSES)}
    assert not labels["train"] & set(UNSEEN)


def test_every_clip_has_its_own_file_name_and_the_list_is_always_the_same() -> None:
    assert len({each.path for each in listings()}) == len(listings())
    assert listings() == listings()


@pytest.mark.parametrize("label", ["glass ball bouncing", "engine bell swinging", "siren wheel spinning"])
def test_a_clip_is_2_to_4_seconds_of_h264_and_aac(tmp_path: Path, label: str) -> None:
    for seed in range(3):
        with av.open(str(rendered(tmp_path / f"{seed}.mp4", label, seed))) as opened:
            film, track = opened.streams.video[0], opened.streams.audio[0]
            assert (film.codec_context.name, track.codec_context.name) == ("h264", "aac")
            assert film.codec_context.pix_fmt == "yuv420p"  # what every browser plays
            assert min(film.width, film.height) >= 96
            assert opened.duration is not None
            assert 2 <= opened.duration / av.time_base <= 4


def test_the_same_seed_renders_the_same_bytes_in_another_process_and_another_seed_others(tmp_path: Path) -> None:
    clips = listings()[:2]
    assert list(render_world(tmp_path / "world", clips, seed=3, workers=1)) == [1, 2]
    for index, clip in enumerate(clips):
        render_clip(tmp_path / clip.path, label=clip.label, seed=[3, index])
        assert (tmp_path / "world" / clip.path).read_bytes() == (tmp_path / clip.path).read_bytes()
    assert len({(tmp_path / clip.path).read_bytes() for clip in clips}) == 2
    other = rendered(tmp_path / "other.mp4", clips[0].label, 4)
    assert other.read_bytes() != (tmp_path / clips[0].path).read_bytes()
    listing = tmp_path / "world" / "world.csv"
    with listing.open(newline="") as table:
        assert [Listing(**row) for row in csv.DictReader(table)] == clips  # type: ignore[arg-type]
    assert [each.path for each in listed(listing)] == [str(tmp_path / "world" / clip.path) for clip in clips]


@pytest.mark.parametrize("label", ["glass ball bouncing", "metal wheel bouncing", "siren bell bouncing"])
def test_what_hits_the_floor_is_heard_within_a_frame(tmp_path: Path, label: str) -> None:
    hits: list[tuple[F32, F64]] = []
    for seed in range(3):
        found = media(rendered(tmp_path / f"{seed}.mp4", label, seed))
        assert found.samples is not None
        hits.append((found.samples, lows_s(found)))
        assert len(hits[-1][1]) >= 3
    assert abs(onset_lag_s(hits, reach_s=0.2)) <= FRAME_S


def test_sound_and_pictures_are_equally_long(tmp_path: Path) -> None:
    found = media(rendered(tmp_path / "clip.mp4", "metal bell spinning", 1))
    assert found.samples is not None
    assert found.frames is not None
    assert len(found.samples) / sound.RATE == pytest.approx(len(found.frames) * FRAME_S, abs=0.1)
