"""What a window lacks, and why: no stream of it, only silence, or nothing that could be decoded."""

from pathlib import Path

import numpy as np
import pytest

from models.media.cage import Cage
from models.media.decoding.decode import decode
from models.media.decoding.holes import SILENCE
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.media.stream import Decoded
from models.media.windows import windows
from models.types import F32, Absence, Sense, Window
from tests.real_data import real
from tests.tiny.clips import SOUND_RATE, render, tiny_clip
from tests.tiny.damage import damaged

SOUND = SoundSpec(rate=16_000)
PICTURES = FrameSpec(rate=1, size=16, shorter_side=16)
EARLY, MIDDLE, LATE = Window(0, 10), Window(10, 20), Window(15, 25)


def look(path: Path) -> Media:
    return decode(path, sound=SOUND, pictures=PICTURES, limits=Limits())


def lacks(path: Path, window: Window) -> dict[Sense, Absence]:
    """What is absent there, and that nothing stands for it."""
    part = look(path).cut(window)
    assert part.absent.keys() == {"audio", "video"} - part.senses
    return dict(part.absent)


def tone(seconds: float, *, peak: float = 0.5) -> F32:
    samples: F32 = (peak * np.sin(np.arange(round(seconds * SOUND_RATE)) / 8)).astype(np.float32)
    return samples


def quiet(seconds: float) -> F32:
    return np.zeros(round(seconds * SOUND_RATE), np.float32)


def wav(path: Path, samples: F32) -> Path:
    return render(path, samples=samples, codecs=("pcm_s16le", ""))


@pytest.mark.parametrize(("sound", "pictures"), [(True, False), (False, True), (True, True)])
def test_a_stream_that_is_not_there_is_missing(tmp_path: Path, sound: bool, pictures: bool) -> None:
    expected = {sense for sense, there in (("audio", sound), ("video", pictures)) if not there}
    clip = tiny_clip(tmp_path / "clip.mp4", sound=sound, pictures=pictures)
    assert look(clip).absent == lacks(clip, Window(0, 2)) == dict.fromkeys(expected, "missing")


@pytest.mark.parametrize("kind", ["digital", "dithered", "off the middle"])
def test_silence_is_absent_however_it_was_recorded(tmp_path: Path, kind: str) -> None:
    noise = np.random.default_rng(0).integers(-1, 2, 3 * SOUND_RATE) / 2**15
    samples = {"digital": quiet(3), "dithered": noise.astype(np.float32), "off the middle": quiet(3) + 0.03}
    media = look(wav(tmp_path / "clip.wav", samples[kind]))
    assert media.samples is not None
    assert lacks(tmp_path / "clip.wav", Window(0, 3)) == {"audio": "silent", "video": "missing"}


@pytest.mark.parametrize(("peak", "is_silent"), [(1.5 * SILENCE, False), (0.5 * SILENCE, True)])
def test_sound_counts_from_a_level_that_is_stated(tmp_path: Path, peak: float, is_silent: bool) -> None:
    found = lacks(wav(tmp_path / "clip.wav", tone(2, peak=peak)), Window(0, 2))
    assert (found.get("audio") == "silent") is is_silent


def test_silence_that_a_lossy_codec_wrote_is_silence(tmp_path: Path) -> None:
    clip = render(tmp_path / "clip.mp4", samples=quiet(3))
    assert lacks(clip, Window(0, 3))["audio"] == "silent"


def test_each_window_says_for_itself_whether_it_is_silent(tmp_path: Path) -> None:
    clip = wav(tmp_path / "clip.wav", np.concatenate([tone(9), quiet(16)]))
    assert [lacks(clip, each).get("audio") for each in windows(25)] == [None, None, "silent", "silent"]


def test_sound_that_has_ended_is_missing_from_then_on(tmp_path: Path) -> None:
    frames = np.full((250, 16, 16, 3), 90, np.uint8)
    clip = render(tmp_path / "clip.mp4", samples=tone(9), frames=frames)
    assert [lacks(clip, each) for each in (EARLY, MIDDLE, LATE)] == [{}, {"audio": "missing"}, {"audio": "missing"}]


def test_sound_that_has_not_begun_is_missing(tmp_path: Path) -> None:
    frames = np.full((250, 16, 16, 3), 90, np.uint8)
    clip = render(tmp_path / "clip.mp4", samples=tone(12), frames=frames, sound_starts_s=13)
    assert [lacks(clip, each) for each in (EARLY, MIDDLE, LATE)] == [{"audio": "missing"}, {}, {}]


def test_a_window_whose_sound_cannot_be_decoded_is_damaged_and_those_beside_it_are_not(tmp_path: Path) -> None:
    clip = damaged(tiny_clip(tmp_path / "clip.mp4", seconds=25), tmp_path / "damaged.mp4")
    assert [lacks(clip, each) for each in (EARLY, MIDDLE, LATE)] == [{}, {"audio": "damaged"}, {}]


def test_a_window_of_which_the_file_has_no_sound_at_all_is_missing(tmp_path: Path) -> None:
    clip = damaged(tiny_clip(tmp_path / "clip.mp4", seconds=25), tmp_path / "cut.mp4", fate="left out")
    assert [lacks(clip, each) for each in (EARLY, MIDDLE, LATE)] == [{}, {"audio": "missing"}, {}]


def test_what_stands_for_damage_is_not_taken_for_silence_nor_silence_for_damage(tmp_path: Path) -> None:
    silent = render(tmp_path / "silent.mp4", samples=quiet(25))
    assert lacks(silent, MIDDLE)["audio"] == "silent"
    both = damaged(silent, tmp_path / "both.mp4", stretch=Window(8, 17))
    assert lacks(both, MIDDLE)["audio"] == "damaged"
    assert lacks(both, Window(18, 25))["audio"] == "silent"


def test_a_stream_of_which_nothing_can_be_decoded_is_damaged(tmp_path: Path) -> None:
    clip = damaged(tiny_clip(tmp_path / "clip.mp4"), tmp_path / "damaged.mp4", stretch=Window(0, 9))
    assert look(clip).absent == lacks(clip, Window(0, 2)) == {"audio": "damaged"}


def test_pictures_of_which_none_can_be_decoded_are_damaged(tmp_path: Path) -> None:
    clip = damaged(tiny_clip(tmp_path / "clip.mp4"), tmp_path / "damaged.mp4", sense="video", stretch=Window(0, 9))
    assert look(clip).absent == lacks(clip, Window(0, 2)) == {"video": "damaged"}


def test_windows_of_a_long_clip_lack_what_those_of_the_whole_lack(tmp_path: Path) -> None:
    """Also where the stretches that it is decoded in begin or end within damage, or behind the end of the sound."""
    frames = np.full((140, 16, 16, 3), 90, np.uint8)
    clip = render(tmp_path / "clip.mp4", samples=tone(120), frames=frames, frame_rate=1)
    clip = damaged(clip, tmp_path / "damaged.mp4", stretch=Window(51, 99))
    with Cage(Limits(), workers=1) as cage:
        found = [each for each in cage.stream([clip], sound=SOUND, pictures=PICTURES) if isinstance(each, Decoded)]
    assert found[-1].window.end_s == pytest.approx(140, abs=0.1)
    for each in found:
        start_s, end_s = each.window.start_s, each.window.end_s
        expected = "damaged" if start_s >= 52 and end_s <= 98 else "missing" if start_s > 121 else None
        if expected is not None or end_s < 50 or 100 < start_s < 110:
            assert each.media.absent.get("audio") == expected, each.window


def test_a_part_of_a_part_lacks_what_the_part_itself_lacks(tmp_path: Path) -> None:
    clip = damaged(tiny_clip(tmp_path / "clip.mp4", seconds=25), tmp_path / "damaged.mp4")
    media = look(clip)
    for start_s, end_s in [(0, 6), (9, 14), (12, 20), (20, 21), (23, 25)]:
        whole = media.cut(Window(start_s, end_s))
        assert media.cut(Window(start_s, 25)).cut(Window(0, end_s - start_s)).absent == whole.absent


@pytest.mark.parametrize("name", ["PandaGPT/a.mp4", "Video-LLaVA/sample_demo_9.mp4"])
def test_real_clips_with_an_empty_sound_track_are_silent(name: str) -> None:
    media = look(real("av_clips") / name)
    assert {media.cut(each).absent.get("audio") for each in windows(media.duration_s)} == {"silent"}
