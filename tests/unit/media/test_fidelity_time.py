"""A flash and a click at one instant are decoded at that instant, whichever way a file keeps time."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import av
import numpy as np
import pytest

from models.media.decoding.decode import decode, decode_stretch
from models.media.decoding.sound import SoundTrack
from models.media.decoding.stretches import Stretch
from models.media.file.edits import cut_picture_s
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.types import F32
from tests.tiny.flashes import flashing

SOUND = SoundSpec(rate=16_000)
PICTURES = FrameSpec(rate=100, size=16, shorter_side=16)
STEP_S = 0.02
"""How far apart sound and picture may be, of each other and of the truth."""
INSTANTS = (1.0, 3.0)
EVERY_40_MS = [40 * i / 1000 for i in range(100)]
IRREGULAR = sorted({*(round(1.7 * i**1.55) / 1000 for i in range(150) if 1.7 * i**1.55 < 4000), *INSTANTS})
"""Pictures that come every few milliseconds at first and every 40 at last."""

KINDS: dict[str, dict[str, Any]] = {
    "plain.mp4": {"rate": 44_100},
    "low.mp4": {"rate": 16_000},
    "varying.mp4": {"shown": IRREGULAR},
    "varying.mkv": {"shown": IRREGULAR},
    "later.mp4": {"sound_later_s": 0.7},
    "later.mkv": {"sound_later_s": 0.7},
    "late.mkv": {"starts_s": 5.0, "sound_later_s": 0.3},
    "low.mkv": {"rate": 16_000},
    "flac.mkv": {"codecs": ("flac", "libx264"), "rate": 44_100},
    "mp3.mp4": {"codecs": ("libmp3lame", "libx264"), "rate": 44_100},
    "clip.webm": {"codecs": ("libopus", "libvpx")},
    "later.webm": {"codecs": ("libopus", "libvpx-vp9"), "sound_later_s": 0.4},
    "clip.ts": {},
    "late.ts": {"starts_s": 9.0, "codecs": ("mp2", "mpeg2video")},
    "low.ts": {"rate": 16_000},
    "clip.mpg": {"codecs": ("mp2", "mpeg2video"), "rate": 44_100},
    "clip.flv": {"codecs": ("aac", "flv"), "rate": 44_100},
    "long hole.mkv": {"lost": (1.5, 2.0)},
    "short hole.mkv": {"lost": (1.5, 1.57)},
    "short hole.mp4": {"lost": (1.5, 1.57)},
    "short hole.ts": {"lost": (1.5, 1.57)},
    "long hole.webm": {"codecs": ("libopus", "libvpx"), "lost": (1.5, 2.0)},
    "short hole.webm": {"codecs": ("libopus", "libvpx"), "lost": (1.5, 1.56)},
}


def look(path: Path) -> Media:
    return decode(path, sound=SOUND, pictures=PICTURES, limits=Limits())


def flashes_s(media: Media) -> list[float]:
    """When pictures become bright."""
    assert media.frames is not None
    bright = media.frames.mean((1, 2, 3)) > 128
    return [float(i) / PICTURES.rate for i in np.flatnonzero(bright & ~np.roll(bright, 1))]


def clicks_s(media: Media, count: int = len(INSTANTS)) -> list[float]:
    """When sound is loudest, and loudest away from there."""
    assert media.samples is not None
    loudness, found = np.abs(media.samples), []
    for _ in range(count):
        found.append(int(loudness.argmax()))
        loudness[max(found[-1] - 1600, 0) : found[-1] + 1600] = 0
    return [each / SOUND.rate for each in sorted(found)]


def begins_s(path: Path) -> float:
    """How long after the first packet the first picture comes, which is when a film's own time begins."""
    with av.open(str(path)) as container:
        first = {each.type: float((each.start_time or 0) * (each.time_base or 0)) for each in container.streams}
    return first["video"] - min(first.values())


@pytest.mark.parametrize("name", KINDS)
def test_a_flash_and_a_click_at_one_instant_are_decoded_at_that_instant(tmp_path: Path, name: str) -> None:
    clip = flashing(tmp_path / name, INSTANTS, **{"shown": EVERY_40_MS} | KINDS[name])
    media, truth = look(clip), [at + begins_s(clip) for at in INSTANTS]
    assert flashes_s(media) == pytest.approx(truth, abs=STEP_S)
    assert clicks_s(media) == pytest.approx(truth, abs=STEP_S)
    assert clicks_s(media) == pytest.approx(flashes_s(media), abs=STEP_S)
    from_s = 2.0
    part = decode_stretch(clip, Stretch(from_s, 1.5), sound=SOUND, pictures=PICTURES, limits=Limits()).media
    assert [from_s + at for at in flashes_s(part)] == pytest.approx(truth[1:], abs=STEP_S)
    assert [from_s + at for at in clicks_s(part, count=1)] == pytest.approx(truth[1:], abs=STEP_S)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov"])
@pytest.mark.parametrize("cut_s", [0.04, 0.05, 0.5, 0.52, 0.71, 0.96])
def test_what_an_edit_list_cuts_off_is_left_out_of_both(tmp_path: Path, cut_s: float, name: str) -> None:
    clip = flashing(tmp_path / name, INSTANTS, shown=EVERY_40_MS, starts_s=-cut_s)
    media, truth = look(clip), [at - cut_s for at in INSTANTS]
    assert clip.read_bytes().count(b"elst") == 2
    assert flashes_s(media) == pytest.approx(truth, abs=STEP_S)
    assert clicks_s(media) == pytest.approx(truth, abs=STEP_S)
    assert media.duration_s == pytest.approx(4 - cut_s, abs=0.05)


def test_what_an_edit_delays_is_delayed_in_every_stretch(tmp_path: Path) -> None:
    clip = flashing(tmp_path / "clip.mp4", (2.72,), shown=EVERY_40_MS, starts_s=-0.71)  # bright from 2.01 s on
    from_s = 2.0
    part = decode_stretch(clip, Stretch(from_s, 1.0), sound=SOUND, pictures=PICTURES, limits=Limits()).media
    assert [from_s + at for at in flashes_s(part)] == flashes_s(look(clip)) == pytest.approx([2.01], abs=STEP_S)


def test_the_picture_that_an_edit_begins_in_is_known_by_how_much_of_it_is_left(tmp_path: Path) -> None:
    clip = flashing(tmp_path / "clip.mp4", INSTANTS, shown=EVERY_40_MS, starts_s=-0.71)
    assert cut_picture_s(clip, 1) == pytest.approx(0.01, abs=1e-3)
    assert cut_picture_s(clip, 3) == 0
    assert cut_picture_s(flashing(tmp_path / "whole.mp4", INSTANTS, shown=EVERY_40_MS), 1) == 0
    assert cut_picture_s(flashing(tmp_path / "clip.mkv", INSTANTS, shown=EVERY_40_MS), 1) == 0


def test_an_edit_list_that_is_damaged_cuts_off_something_or_nothing(tmp_path: Path) -> None:
    whole, random = flashing(tmp_path / "clip.mp4", INSTANTS, shown=EVERY_40_MS, starts_s=-0.71).read_bytes(), Random(0)
    begin = whole.index(b"moov") - 4
    for _ in range(300):
        odd = bytearray(whole)
        for _ in range(random.randint(1, 30)):
            odd[random.randrange(begin, len(odd))] = random.randrange(256)
        (tmp_path / "odd.mp4").write_bytes(odd[: random.choice([len(odd), random.randrange(begin, len(odd))])])
        assert cut_picture_s(tmp_path / "odd.mp4", 1) >= 0


def test_nothing_is_heard_where_sound_is_lost(tmp_path: Path) -> None:
    clip = flashing(tmp_path / "clip.mkv", (1.0, 1.75, 3.0), shown=EVERY_40_MS, lost=(1.5, 2.0))
    samples = look(clip).samples
    assert samples is not None
    assert np.abs(samples[int(1.6 * SOUND.rate) : int(1.9 * SOUND.rate)]).max() == 0


def laid(starts_ms: Sequence[float], *, ms: int = 20) -> F32:
    """Parts of sound of 20 ms each, every sample the number of its part, laid at these milliseconds."""
    track = SoundTrack(SOUND, origin_s=0.0, limits=Limits())
    for number, start_ms in enumerate(starts_ms, start=1):
        values = np.full((1, SOUND.rate * ms // 1000), number / 100, np.float32)
        frame = av.AudioFrame.from_ndarray(values, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = SOUND.rate, round(start_ms * SOUND.rate / 1000)
        frame.time_base = Fraction(1, SOUND.rate)
        track.take(frame)
    samples = track.finish()
    assert samples is not None
    return samples


def starts_of(samples: F32) -> list[float]:
    """Milliseconds at which each part begins."""
    numbers = np.rint(samples * 100).astype(int)
    return [float(np.flatnonzero(numbers == each)[0]) * 1000 / SOUND.rate for each in range(1, numbers.max() + 1)]


EVEN = [0, 20, 40, 60, 80, 100, 120, 140]


def test_parts_in_a_row_are_laid_in_a_row() -> None:
    assert starts_of(laid(EVEN)) == EVEN


@pytest.mark.parametrize("off", [-25, -15, -4, 4, 15, 25, 60])
def test_one_timestamp_that_is_off_moves_nothing(off: int) -> None:
    assert starts_of(laid([*EVEN[:4], EVEN[4] + off, *EVEN[5:]])) == EVEN


def test_timestamps_that_jitter_move_nothing() -> None:
    assert (
        starts_of(laid([each + off for each, off in zip(EVEN, [0, 12, -11, 14, -12, 9, -15, 0], strict=True)])) == EVEN
    )


@pytest.mark.parametrize("hole_ms", [12, 30, 60, 99, 101, 500])
def test_a_hole_is_filled_where_it_is(hole_ms: int) -> None:
    told = [*EVEN[:4], *(each + hole_ms for each in EVEN[4:])]
    assert starts_of(laid(told)) == told


@pytest.mark.parametrize("overlap_ms", [12, 19])
def test_what_overlaps_is_dropped(overlap_ms: int) -> None:
    samples = laid([*EVEN[:4], *(each - overlap_ms for each in EVEN[4:])])
    assert len(samples) == (160 - overlap_ms) * SOUND.rate // 1000
    assert starts_of(samples)[5:] == [each - overlap_ms for each in EVEN[5:]]


def test_the_last_part_is_laid_where_it_says() -> None:
    assert starts_of(laid([0, 20, 90])) == [0, 20, 90]


def test_a_clock_that_runs_slow_is_followed() -> None:
    told = [20.5 * i for i in range(99)]
    assert starts_of(laid(told)) == pytest.approx(told, abs=1000 * STEP_S)


def test_an_avi_has_no_times_but_keeps_in_step(tmp_path: Path) -> None:
    media = look(flashing(tmp_path / "clip.avi", INSTANTS, shown=EVERY_40_MS, codecs=("libmp3lame", "mpeg4")))
    assert clicks_s(media) == pytest.approx(flashes_s(media), abs=STEP_S)
