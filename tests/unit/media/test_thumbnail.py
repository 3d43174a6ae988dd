from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from models.errors import MediaInvalid, SenseNotFound
from models.media.file.budget import Spent
from models.media.limits import Limits
from models.media.looking.reading import reading
from models.media.looking.thumbnail import LONGEST, shown_at, thumbnail
from models.types import U8
from tests.tiny.clips import render, tiny_clip
from tests.tiny.containers import without_content
from tests.tiny.scenes import film, held, is_upright, pictures, scene, second_of

FILMS = [
    ("film.mp4", ("aac", "libx264")),
    ("film.mkv", ("flac", "libx265")),
    ("film.avi", ("libmp3lame", "mpeg4")),
    ("film.ts", ("mp2", "mpeg2video")),
    ("film.webm", ("libopus", "libvpx")),
    ("film.mov", ("pcm_s16le", "mpeg4")),
]


def picture(path: Path, at_s: float | None = None) -> U8:
    """The thumbnail, decoded: it is a WebP of one picture."""
    content = thumbnail(path, Limits(), at_s=at_s)
    assert content[:4] == b"RIFF"
    with av.open(BytesIO(content), "r", format="webp_pipe") as image:
        (frame,) = image.decode(video=0)
        return frame.to_ndarray(format="rgb24").astype(np.uint8)


@pytest.mark.parametrize(("name", "codecs"), FILMS)
def test_it_is_the_picture_shown_at_the_second_whatever_the_file(
    tmp_path: Path, name: str, codecs: tuple[str, str]
) -> None:
    clip = scene(tmp_path / name, codecs=codecs)
    for at_s in (0.5, 1.5, 2.9, 3.1, 3.5):
        found = picture(clip, at_s)
        assert (second_of(found), is_upright(found)) == (int(at_s), True), at_s


def test_past_the_end_it_is_the_last_picture(tmp_path: Path) -> None:
    assert second_of(picture(scene(tmp_path / "film.mp4"), 1000.0)) == 3


def test_its_longer_side_is_bounded_and_small_pictures_stay_as_they_are(tmp_path: Path) -> None:
    wide = scene(tmp_path / "wide.mp4", seconds=1, width=800, height=200)
    high = scene(tmp_path / "high.mp4", seconds=1, width=200, height=802)
    assert picture(wide).shape == (80, LONGEST, 3)
    assert picture(high).shape == (LONGEST, 80, 3)
    assert picture(scene(tmp_path / "small.mp4", seconds=1)).shape == (120, 160, 3)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_it_is_the_right_way_up(tmp_path: Path, turn: int) -> None:
    found = picture(film(tmp_path / "held.mp4", held(turn), turn=turn))
    assert found.shape == (120, 160, 3)
    assert is_upright(found)


def test_pixels_that_are_no_squares_are_made_so(tmp_path: Path) -> None:
    assert picture(film(tmp_path / "wide.mp4", held(0), aspect=Fraction(2))).shape == (120, 320, 3)


def test_by_itself_it_passes_over_what_is_black(tmp_path: Path) -> None:
    frames = pictures(seconds=4)
    frames[:30] = 0  # the picture at a tenth too
    assert picture(render(tmp_path / "fades in.mp4", frames=frames, frame_rate=25)).std() > 50
    frames[:] = 0
    assert picture(render(tmp_path / "black.mp4", frames=frames, frame_rate=25)).max() < 20


class Counting(Spent):
    """Counts the pictures that are decoded."""

    count = 0

    def take(self, frame: AudioFrame | VideoFrame) -> None:
        self.count += 1
        super().take(frame)


def test_the_film_is_not_decoded_from_its_start(tmp_path: Path) -> None:
    path = scene(tmp_path / "film.avi", codecs=("libmp3lame", "mpeg4"))  # a key picture every 12
    counting = Counting(Limits(), None)
    with reading(path, Limits()) as clip:
        shown = shown_at(replace(clip, spent=counting), 3.9)
    assert shown is not None
    assert second_of(shown.to_ndarray(format="rgb24").astype(np.uint8)) == 3
    assert counting.count <= 20  # of 98 until then


@pytest.mark.parametrize("name", ["sound.mp4", "sound.wav"])
def test_a_clip_of_sound_alone_has_none(tmp_path: Path, name: str) -> None:
    codec = "aac" if name.endswith("mp4") else "pcm_s16le"
    sound = render(tmp_path / name, samples=np.zeros(16_000, np.float32), codecs=(codec, ""))
    with pytest.raises(SenseNotFound, match="expected pictures"):
        thumbnail(sound, Limits(), at_s=None)


def test_of_pictures_that_cannot_be_decoded_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(MediaInvalid, match="no picture"):
        thumbnail(without_content(tiny_clip(tmp_path / "clip.mp4")), Limits(), at_s=None)


def test_an_image_is_its_own(tmp_path: Path) -> None:
    frame = av.VideoFrame.from_ndarray(pictures(seconds=1)[0], format="rgb24")
    frame.save(str(tmp_path / "image.png"))
    for at_s in (None, 0.5):
        assert is_upright(picture(tmp_path / "image.png", at_s))
