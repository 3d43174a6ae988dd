"""What is written as MP4 is what is decoded from it again, at the same instants."""

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from models.media.decoding.decode import decode
from models.media.encode import write_mp4
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.types import F32, U8

RATE, FRAME_RATE, SIDE = 16_000, 12, 96
COARSE, COLOUR = 5.0, 4.0
"""Mean difference of 255 that H.264 at this quality makes: of a picture, of a patch of one colour."""


def drifting(count: int) -> U8:
    """Frames of soft light that wanders to the right."""
    across, down = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    light = [128 + 90 * np.sin((across - 3 * i) / 12) * np.cos(down / 17) for i in range(count)]
    return np.stack([np.stack([each, 255 - each, each / 2], axis=-1) for each in light]).astype(np.uint8)


def wavering(count: int) -> F32:
    """Samples of a rising tone, under a slow envelope."""
    time = np.arange(count) / RATE
    tone = 0.6 * np.sin(2 * np.pi * (300 + 200 * time) * time) * (0.6 + 0.4 * np.sin(7 * time))
    return np.asarray(tone, np.float32)


def written(path: Path, *, frames: U8, samples: F32) -> Path:
    write_mp4(path, frames=frames, frame_rate=FRAME_RATE, samples=samples, sample_rate=RATE)
    return path


def read(path: Path) -> Media:
    pictures = FrameSpec(rate=FRAME_RATE, size=SIDE, shorter_side=SIDE)
    return decode(path, sound=SoundSpec(rate=RATE), pictures=pictures, limits=Limits())


def lag(found: F32, expected: F32) -> int:
    """How many samples later what was found is."""
    size = 2 * (len(found) + len(expected))
    product = np.fft.rfft(found, size) * np.conj(np.fft.rfft(expected, size))
    best = int(np.fft.irfft(product).argmax())
    return best if best < size // 2 else best - size


@pytest.mark.parametrize("count", [1, 5, 30])
def test_every_frame_comes_back_in_its_place(tmp_path: Path, count: int) -> None:
    frames = drifting(count)
    samples = wavering(round(count * RATE / FRAME_RATE))
    found = read(written(tmp_path / "clip.mp4", frames=frames, samples=samples)).frames
    assert found is not None
    assert found.shape[1:] == frames.shape[1:]
    # Sound comes in blocks, the last of which may outlast the pictures by a frame, which is then shown longer.
    assert count <= len(found) <= count + 1
    difference = np.abs(found[:count].astype(float) - frames).mean(axis=(1, 2, 3))
    assert (difference < COARSE).all()


def test_a_frame_is_nearer_to_itself_than_to_its_neighbours(tmp_path: Path) -> None:
    frames = drifting(20)
    found = read(written(tmp_path / "clip.mp4", frames=frames, samples=wavering(20 * RATE // FRAME_RATE))).frames
    assert found is not None
    apart = np.abs(found[:20, None].astype(float) - frames).mean(axis=(2, 3, 4))
    assert apart.argmin(axis=1).tolist() == list(range(20))


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (250, 250, 250), (8, 8, 8)])
def test_colours_are_kept(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    frames = np.full((6, SIDE, SIDE, 3), colour, np.uint8)
    found = read(written(tmp_path / "clip.mp4", frames=frames, samples=wavering(RATE // 2))).frames
    assert found is not None
    assert found.mean(axis=(0, 1, 2)) == pytest.approx(colour, abs=COLOUR)


@pytest.mark.parametrize("count", [RATE, 2 * RATE + 137, 40 * 1024])
def test_every_sample_comes_back_at_its_instant(tmp_path: Path, count: int) -> None:
    samples = wavering(count)
    found = read(written(tmp_path / "clip.mp4", frames=drifting(count * FRAME_RATE // RATE), samples=samples)).samples
    assert found is not None
    assert count <= len(found) <= count + 2 * 1024  # AAC has whole blocks
    assert lag(found, samples) == 0
    assert np.corrcoef(found[:count], samples)[0, 1] > 0.999
    assert np.abs(found).max() == pytest.approx(np.abs(samples).max(), rel=0.05)


def test_the_file_is_one_that_browsers_play_from_its_beginning(tmp_path: Path) -> None:
    clip = written(tmp_path / "clip.mp4", frames=drifting(24), samples=wavering(2 * RATE))
    with av.open(str(clip)) as opened:
        film, track = opened.streams.video[0], opened.streams.audio[0]
        assert (film.codec_context.name, film.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (film.width, film.height, film.frames) == (SIDE, SIDE, 24)
        assert film.average_rate == FRAME_RATE
        assert (track.codec_context.name, track.rate, track.channels) == ("aac", RATE, 1)
    content = clip.read_bytes()
    places = [content.index(box) for box in (b"ftyp", b"moov", b"mdat")]
    assert all(earlier < later for earlier, later in pairwise(places))  # the index first: it plays while it loads


def test_the_same_content_is_written_as_the_same_bytes(tmp_path: Path) -> None:
    clips = [written(tmp_path / name, frames=drifting(9), samples=wavering(RATE)) for name in ("a.mp4", "b.mp4")]
    assert clips[0].read_bytes() == clips[1].read_bytes()
