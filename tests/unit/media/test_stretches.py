"""Long clips in stretches: the same windows, pictures and sound as the clip has when it is decoded whole."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.packet import Packet
from hypothesis import given
from hypothesis.strategies import floats, integers

from models.errors import MediaInvalid, SightsoundError, TooLarge
from models.media.ahead import Ahead
from models.media.decoding.decode import decode, decode_stretch
from models.media.decoding.stretches import LONGEST_S, SHORTEST_S, STRETCH_BYTES, Part, Stretch, first_stretch
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.media.stream import Decoded, Ended
from models.media.windows import windows
from models.types import F32, U8, Window
from tests.tiny.containers import without_content
from tests.tiny.interleaved import interleaved

SOUND = SoundSpec(rate=8000)
PICTURES = FrameSpec(rate=4, size=16, shorter_side=16)
FIRST = Stretch(0.0, 10.0)
LIMITS = Limits(duration_s=1000)
SECONDS, FRAME_RATE = 31.3, 10
TICK_S = {".mkv": 1e-3, ".webm": 1e-3, ".mka": 1e-3, ".flv": 1e-3, ".wmv": 1e-3}
"""Of the clocks of containers that cannot tell samples apart."""
FILMS = {
    "clip.mp4": ("aac", "libx264"),
    "clip.mov": ("pcm_s16le", "mpeg4"),
    "clip.mkv": ("aac", "libx264"),
    "clip.webm": ("libopus", "libvpx"),
    "clip.avi": ("libmp3lame", "mpeg4"),
    "clip.flv": ("libmp3lame", "flv1"),
    "clip.ts": ("aac", "libx264"),
    "clip.mpg": ("mp2", "mpeg1video"),
    "clip.wmv": ("wmav2", "wmv2"),
}
SOUNDS = {
    "clip.wav": "pcm_s16le",
    "clip.aiff": "pcm_s16be",
    "clip.flac": "flac",
    "clip.aac": "aac",
    "clip.mp3": "libmp3lame",
    "clip.opus": "libopus",
    "clip.m4a": "aac",
}
"""Sound alone."""
BARE = {"clip.h264": "libx264", "clip.m4v": "mpeg4", "clip.m2v": "mpeg2video", "clip.ivf": "libvpx"}
"""Films without sound or, most of them, a container: their pictures may not tell when they are shown."""


def drifting(seconds: float) -> U8:
    """Pictures no two of which are alike."""
    i = np.arange(round(seconds * FRAME_RATE))[:, None, None]
    across, down = np.meshgrid(np.arange(32), np.arange(32))
    light = np.stack([i * 7 % 200 + across + 0 * down, i * 3 % 180 + down + 0 * across, 60 + 4 * across + 0 * i + down])
    return np.moveaxis(light, 0, -1).astype(np.uint8)


def rising(seconds: float, rate: int) -> F32:
    """A tone that rises, so that no second of it is like another."""
    time = np.arange(round(seconds * rate)) / rate
    return np.asarray(0.5 * np.sin(2 * np.pi * (200 + 10 * time) * time), np.float32)


def film(path: Path, seconds: float = SECONDS) -> Path:
    rate = 48_000 if path.suffix == ".webm" else 44_100 if path.suffix in (".flv", ".mpg", ".wmv") else 16_000
    rate_of_frames = 25 if path.suffix == ".mpg" else FRAME_RATE
    frames = drifting(seconds * rate_of_frames / FRAME_RATE)
    return interleaved(
        path,
        samples=rising(seconds, rate),
        frames=frames,
        rate=rate,
        frame_rate=rate_of_frames,
        codecs=FILMS[path.name],
    )


def streamed(path: Path, *, limits: Limits = LIMITS, pictures: FrameSpec = PICTURES) -> list[Decoded | Ended]:
    return list(streaming([path], limits=limits, pictures=pictures))


def streaming(
    paths: list[Path],
    *,
    limits: Limits = LIMITS,
    pictures: FrameSpec = PICTURES,
    begun: Callable[[Path, Stretch], object] = lambda path, stretch: None,
) -> Iterator[Decoded | Ended]:
    """Decoded in this process, a stretch when it is waited for; `begun` is told what would be decoded ahead."""

    def begin(path: Path, stretch: Stretch) -> Callable[[], Part]:
        begun(path, stretch)
        return partial(decode_stretch, path, stretch, sound=SOUND, pictures=pictures, limits=limits)

    return Ahead(begin, lambda task: task(), limits, workers=2).stream(paths, FIRST)


def whole(path: Path, *, pictures: FrameSpec = PICTURES) -> Media:
    return decode(path, sound=SOUND, pictures=pictures, limits=LIMITS)


def lag(found: F32, expected: F32) -> int:
    """How many samples later what was found is."""
    size = len(found) + len(expected)
    product = np.fft.rfft(found, size) * np.conj(np.fft.rfft(expected, size))
    best = int(np.fft.irfft(product, size).argmax())
    return best if best < size // 2 else best - size


def check_same(path: Path) -> None:
    """Every window is the one that the whole clip has."""
    media, (*found, ended) = whole(path), streamed(path)
    assert isinstance(ended, Ended)
    assert ended.outcome == pytest.approx(media.duration_s, abs=2 * TICK_S.get(path.suffix, 2 / SOUND.rate))
    assert isinstance(ended.outcome, float)
    assert [each.window for each in found if isinstance(each, Decoded)] == list(windows(ended.outcome))
    for each in found:
        assert isinstance(each, Decoded)
        check_window(each.media, media.cut(each.window), TICK_S.get(path.suffix, 2 / SOUND.rate))


def check_window(found: Media, expected: Media, tick_s: float) -> None:
    assert found.senses == expected.senses
    if expected.frames is not None:
        np.testing.assert_array_equal(found.frames, expected.frames)
    if expected.samples is not None and found.samples is not None:
        assert len(found.samples) == pytest.approx(len(expected.samples), abs=max(1, tick_s * SOUND.rate))
        assert abs(lag(found.samples, expected.samples)) <= max(1, tick_s * SOUND.rate)


@pytest.mark.parametrize("name", FILMS)
def test_films_in_stretches_are_as_they_are_whole(tmp_path: Path, name: str) -> None:
    check_same(film(tmp_path / name))


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_in_stretches_is_as_it_is_whole(tmp_path: Path, name: str) -> None:
    rate = 48_000 if name.endswith("opus") else 44_100
    check_same(interleaved(tmp_path / name, samples=rising(SECONDS, rate), rate=rate, codecs=(SOUNDS[name], "")))


@pytest.mark.parametrize("name", BARE)
def test_pictures_without_a_container_in_stretches_are_as_they_are_whole(tmp_path: Path, name: str) -> None:
    check_same(interleaved(tmp_path / name, frames=drifting(SECONDS), frame_rate=25, codecs=("", BARE[name])))


@given(floats(min_value=0.01, max_value=500), integers(min_value=2, max_value=24))
def test_windows_of_stretches_are_those_of_the_whole(duration_s: float, steps: int) -> None:
    stretch, found = Stretch(0.0, 5.0 * steps), list[Window]()
    while stretch.end_s < duration_s:
        found += stretch.windows(None)
        stretch = stretch.next
    assert not stretch.is_past(duration_s)
    assert stretch.next.is_past(duration_s)
    found += stretch.windows(duration_s)
    assert found == list(windows(duration_s))
    assert all(stretch.start_s <= each.start_s and each.end_s <= max(stretch.end_s, duration_s) for each in found[-1:])


@pytest.mark.parametrize("rate", [0.1, 1.0, 1.6, 2.5, 4.0, 24.97, 30.0, 60.0])
@pytest.mark.parametrize("size", [16, 112, 224])
def test_a_stretch_is_as_long_as_its_bytes_allow(rate: float, size: int) -> None:
    stretch = first_stretch(SoundSpec(rate=16_000), FrameSpec(rate=rate, size=size, shorter_side=size))
    second_bytes = 4 * 16_000 + 3 * size**2 * rate
    assert SHORTEST_S <= stretch.step_s <= LONGEST_S
    assert stretch.step_s % 5 == 0
    assert stretch.end_s * second_bytes <= max(STRETCH_BYTES, (SHORTEST_S + 10) * second_bytes)


def test_pictures_are_due_where_stretches_begin() -> None:
    for rate in (0.1, 1.0, 1.6, 2.5, 4.0, 30.0):
        stretch = first_stretch(SOUND, FrameSpec(rate=rate, size=16, shorter_side=16))
        assert stretch.step_s * rate / 2 == pytest.approx(round(stretch.step_s * rate / 2))


def test_a_clip_of_one_stretch_takes_one_call(tmp_path: Path) -> None:
    asked: list[Stretch] = []
    clip = film(tmp_path / "clip.mp4", seconds=19.5)
    found = list(streaming([clip], begun=lambda path, stretch: asked.append(stretch)))
    assert asked == [FIRST]
    assert len(found) == len(windows(19.5)) + 1


def test_a_long_clip_is_decoded_a_little_ahead_of_its_reader(tmp_path: Path) -> None:
    asked: list[Stretch] = []
    clip = film(tmp_path / "clip.mp4", seconds=62)
    read = streaming([clip], begun=lambda path, stretch: asked.append(stretch))
    for each in read:
        if isinstance(each, Decoded):
            assert asked[-1].start_s <= each.window.start_s + 3 * FIRST.step_s
    assert [each.start_s for each in asked] == [0, 10, 20, 30, 40, 50]


def test_a_keyframe_long_ago_is_found(tmp_path: Path) -> None:
    """In a transport stream a seek lands anywhere; in a film of one keyframe, at its start."""
    for name in ("clip.ts", "clip.mkv"):
        options = {"g": "10000", "sc_threshold": "0", "preset": "ultrafast"}
        check_same(
            interleaved(
                tmp_path / name, samples=rising(30, 16_000), frames=drifting(30), codecs=FILMS[name], options=options
            )
        )


def test_pictures_that_end_before_the_sound_are_missing_from_then_on(tmp_path: Path) -> None:
    clip = interleaved(tmp_path / "clip.mp4", samples=rising(40, 16_000), frames=drifting(8))
    check_same(clip)
    *found, _ = streamed(clip)
    assert [sorted(each.media.senses) for each in found if isinstance(each, Decoded)][-1] == ["audio"]


def test_a_picture_stays_for_as_long_as_no_other_comes(tmp_path: Path) -> None:
    clip = interleaved(
        tmp_path / "clip.mkv", samples=rising(60, 16_000), frames=drifting(0.3), frame_rate=Fraction(1, 20)
    )
    check_same(clip)


def outcome(found: list[Decoded | Ended]) -> float | SightsoundError:
    ended = found[-1]
    assert isinstance(ended, Ended)
    return ended.outcome


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_a_clip_whose_middle_is_destroyed_keeps_its_length(tmp_path: Path, name: str) -> None:
    clip = film(tmp_path / name, seconds=60)
    content = bytearray(clip.read_bytes())
    start, end = round(0.35 * len(content)), round(0.7 * len(content))
    content[start:end] = bytes(end - start)
    clip.write_bytes(content)
    *found, ended = streamed(clip)
    assert isinstance(ended, Ended)
    assert ended.outcome == pytest.approx(60, abs=0.2)
    assert isinstance(ended.outcome, float)
    assert [each.window for each in found if isinstance(each, Decoded)] == list(windows(ended.outcome))
    heard = ["audio" in each.media.senses for each in found if isinstance(each, Decoded)]
    assert heard[0]
    assert heard[-1]
    assert not all(heard)


def test_a_clip_that_says_it_is_longer_than_it_is_ends_where_it_does(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.ts", seconds=60)
    content = clip.read_bytes()
    clip.write_bytes(content[: len(content) // 2])
    check_same(clip)


def test_limits_hold_for_all_stretches_together(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.ts")
    pixels = 32 * 32 * round(SECONDS * FRAME_RATE)
    for limits, said in (
        (replace(LIMITS, total_pixels=pixels * 9 // 10), "pixels in all"),
        (replace(LIMITS, duration_s=25.5), r"(lasts|last) .*25\.5 s"),
    ):
        refusal = outcome(streamed(clip, limits=limits))
        assert isinstance(refusal, TooLarge)
        assert re.search(said, str(refusal))
    assert isinstance(outcome(streamed(clip, limits=replace(LIMITS, total_pixels=pixels * 101 // 100))), float)


def test_a_clip_that_goes_on_for_ever_with_what_cannot_be_decoded_ends_at_the_limit(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "clip.mkv"), "w", options={"live": "1"}) as output:  # says no length
        stream = output.add_stream("mpeg4", rate=FRAME_RATE)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for picture in drifting(5):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
        for i in range(40):
            packet: Packet[Any] = Packet(b"\xff" * 50)
            packet.pts = packet.dts = 10**7 * FRAME_RATE + i
            packet.stream, packet.time_base = stream, Fraction(1, FRAME_RATE)
            output.mux(packet)
    refusal = outcome(list(streaming([tmp_path / "clip.mkv"], begun=lambda _, stretch: check_within(stretch))))
    assert isinstance(refusal, TooLarge)
    assert "lasts over 1000 s" in str(refusal)


def check_within(stretch: Stretch) -> None:
    assert stretch.start_s <= LIMITS.duration_s + 2 * FIRST.step_s


def test_a_file_of_which_nothing_can_be_decoded_is_refused_however_long_it_says_it_is(tmp_path: Path) -> None:
    clip = without_content(interleaved(tmp_path / "clip.mp4", frames=drifting(SECONDS)))
    refusal = outcome(streamed(clip))
    assert isinstance(refusal, MediaInvalid)
    assert "nothing could be decoded" in str(refusal)


def test_files_come_in_order_and_a_bad_one_ends_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"not a clip")
    clips = [film(tmp_path / "clip.mp4", seconds=33), tmp_path / "bad.mp4", film(tmp_path / "clip.mkv", seconds=3)]
    found = list(streaming(clips))
    assert [each.file for each in found] == sorted(each.file for each in found)
    ends = [each for each in found if isinstance(each, Ended)]
    assert [type(each.outcome) for each in ends] == [float, MediaInvalid, float]


@pytest.mark.parametrize("rate", [0.2, 1.0])
def test_pictures_that_are_skipped_are_missed_by_less_than_half_a_distance(tmp_path: Path, rate: float) -> None:
    spec = FrameSpec(rate=rate, size=16, shorter_side=16)
    options = {"g": "20", "bf": "3", "b_strategy": "0"}
    clip = interleaved(tmp_path / "clip.mp4", frames=drifting(SECONDS), options=options)
    every = FrameSpec(rate=FRAME_RATE, size=16, shorter_side=16)
    all_frames = whole(clip, pictures=every).frames
    assert all_frames is not None
    late = list[int]()
    for each in streamed(clip, pictures=spec):
        if isinstance(each, Decoded) and each.media.frames is not None:
            for i, frame in enumerate(each.media.frames):
                due = round((round(each.window.start_s * rate) + i) / rate * FRAME_RATE)
                near = [k for k in range(due + 1) if np.array_equal(all_frames[k], frame)]
                late.append(due - max(near))
    assert max(late) / FRAME_RATE < 1 / (2 * rate)
    assert max(late) > 0  # something was skipped
