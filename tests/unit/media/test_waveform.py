import json
import re
import wave
from multiprocessing import get_context
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from models.errors import MediaInvalid, SenseNotFound
from models.media.limits import Limits
from models.media.looking.drawing import waveform_json, waveform_svg
from models.media.looking.waveform import FIRST, MOST, Peaks, waveform
from models.types import F32
from tests.tiny.clips import render, tiny_clip
from tests.tiny.containers import without_content
from tests.tiny.scenes import SILENT_S, scene, tone

FILES = [
    ("clip.mp4", ("aac", "libx264")),
    ("clip.avi", ("pcm_s16le", "mpeg4")),
    ("clip.ts", ("mp2", "mpeg2video")),
    ("clip.webm", ("libopus", "libvpx")),
    ("clip.mkv", ("flac", "libx265")),
]


def naive(samples: F32, step: int) -> F32:
    return np.array([[part.min(), part.max()] for part in np.split(samples, range(step, len(samples), step))])


@given(lengths=some.lists(some.integers(1, 9000), min_size=1, max_size=12), seed=some.integers(0, 99))
def test_peaks_are_the_extremes_of_equal_stretches_however_the_samples_come(lengths: list[int], seed: int) -> None:
    samples = np.random.default_rng(seed).uniform(-1, 1, sum(lengths)).astype(np.float32)
    peaks = Peaks()
    for part in np.split(samples, np.cumsum(lengths)[:-1]):
        peaks.take(part)
    found = peaks.found()
    np.testing.assert_array_equal(found, naive(samples, peaks.step))
    assert len(found) <= MOST
    assert peaks.step == FIRST or len(found) > MOST // 2 - 1


@pytest.mark.parametrize(("name", "codecs"), FILES)
def test_it_shows_when_the_sound_is_loud(tmp_path: Path, name: str, codecs: tuple[str, str]) -> None:
    found = waveform(scene(tmp_path / name, codecs=codecs), Limits())
    begins_s = np.arange(len(found.peaks)) * found.step_s
    before = found.peaks[(begins_s > 0.1) & (begins_s < SILENT_S - 0.1)]
    after = found.peaks[(begins_s > SILENT_S + 0.1) & (begins_s < 3.8)]
    assert MOST // 2 <= len(found.peaks) <= MOST
    assert found.duration_s == pytest.approx(4, abs=0.1)
    assert np.abs(before).max() < 0.02
    np.testing.assert_allclose(after, [[-0.5, 0.5]] * len(after), atol=0.06)


def test_sound_that_begins_after_the_pictures_is_silent_until_then(tmp_path: Path) -> None:
    frames = np.zeros((40, 32, 32, 3), np.uint8)
    late = render(tmp_path / "late.mkv", samples=tone(seconds=2)[48_000:], rate=48_000, frames=frames, sound_starts_s=2)
    found = waveform(late, Limits())
    loud_s = np.flatnonzero(found.peaks[:, 1] > 0.1)[0] * found.step_s
    assert loud_s == pytest.approx(2, abs=0.05)
    assert found.duration_s == pytest.approx(3, abs=0.1)


def test_a_clip_without_sound_has_none(tmp_path: Path) -> None:
    with pytest.raises(SenseNotFound, match="expected sound"):
        waveform(tiny_clip(tmp_path / "clip.mp4", sound=False), Limits())


def test_of_sound_that_cannot_be_decoded_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(MediaInvalid, match="nothing could be decoded"):
        waveform(without_content(tiny_clip(tmp_path / "clip.mp4")), Limits())


def test_as_json_it_has_the_same_numbers_rounded(tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "clip.mp4")
    shape, sent = waveform(clip, Limits()), json.loads(waveform_json(clip, Limits()))
    assert sent["step_s"] == shape.step_s
    assert sent["duration_s"] == shape.duration_s
    np.testing.assert_allclose(sent["peaks"], shape.peaks, atol=1e-4)


def test_as_a_picture_it_is_svg_that_needs_nothing_else(tmp_path: Path) -> None:
    content = waveform_svg(tiny_clip(tmp_path / "clip.mp4"), Limits())
    root = ElementTree.fromstring(content)
    assert [each.tag.split("}")[1] for each in root] == ["path"]
    assert b"style" not in content  # which the service's own policy would refuse
    assert len(content) < 20_000


def test_silence_is_a_line(tmp_path: Path) -> None:
    silent = render(tmp_path / "silent.wav", samples=np.zeros(16_000, np.float32), codecs=("pcm_s16le", ""))
    assert waveform(silent, Limits()).peaks.any() == False  # noqa: E712 - of numpy
    assert b"nan" not in waveform_svg(silent, Limits())


def _peak_mib() -> float:
    """Of this process alone: `ru_maxrss` begins with that of who started it, which other tests may have filled."""
    (kib,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kib) / 1024


def _grown_mib(path: Path) -> float:
    """How much memory a process comes to have more by drawing a file, after it has drawn a short one."""
    limits = Limits(duration_s=10**5, size_bytes=2**40)
    waveform(path.parent / "short.wav", limits)
    before = _peak_mib()
    waveform(path, limits)
    return _peak_mib() - before


def test_an_hour_of_sound_needs_no_more_memory_than_a_second(tmp_path: Path) -> None:
    for name, seconds in (("short.wav", 1), ("long.wav", 3600)):
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            for _ in range(seconds):
                file.writeframes(bytes(16_000))
    with get_context("spawn").Pool(1) as pool:
        assert pool.apply(_grown_mib, (tmp_path / "long.wav",)) < 16  # the file has 58 MB, its samples 230
