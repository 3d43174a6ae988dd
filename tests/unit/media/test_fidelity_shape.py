"""Pictures are shown as wide as they are meant to be, and the right way up."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from models.errors import TooLarge
from models.media.decoding.decode import decode
from models.media.decoding.turning import Turns
from models.media.limits import Limits
from models.media.media import FrameSpec, SoundSpec
from models.types import U8

SIDE = 64


def seen(path: Path, limits: Limits | None = None) -> U8:
    spec = FrameSpec(rate=5, size=SIDE, shorter_side=SIDE)
    frames = decode(path, sound=SoundSpec(rate=16_000), pictures=spec, limits=limits or Limits()).frames
    assert frames is not None
    picture: U8 = frames[0]
    return picture


def film(
    path: Path, picture: U8, *, aspect: Fraction | None = None, turn: int = 0, mirrored: bool = False, codec: str = ""
) -> Path:
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec or "libx264", rate=5)
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if turn or mirrored:
            stream.set_display_rotation(turn, hflip=mirrored)
        for _ in range(2):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    return path


def disc(width: int, height: int, aspect: float) -> U8:
    """A white disc in black, as pixels of this aspect store it."""
    across, down = np.meshgrid((np.arange(width) + 0.5 - width / 2) * aspect, np.arange(height) + 0.5 - height / 2)
    inside = np.hypot(across, down) < min(width * aspect, height) / 3
    return np.repeat(np.where(inside, 255, 0)[..., None], 3, axis=2).astype(np.uint8)


def extent(picture: U8) -> tuple[int, int]:
    """Width and height of what is bright."""
    bright = picture[..., 1] > 128
    return int(bright.any(0).sum()), int(bright.any(1).sum())


ASPECTS = [Fraction(1), Fraction(16, 11), Fraction(4, 3), Fraction(3, 4), Fraction(10, 11), Fraction(2), Fraction(1, 2)]


@pytest.mark.parametrize("turn", [0, 90])
@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("sides", [(192, 128), (128, 192)])
def test_a_disc_is_round_whatever_the_pixels_are(
    tmp_path: Path, sides: tuple[int, int], aspect: Fraction, turn: int
) -> None:
    clip = film(tmp_path / "clip.mp4", disc(*sides, aspect=float(aspect)), aspect=aspect, turn=turn)
    across, down = extent(seen(clip))
    # The disc is 2/3 of the shorter side as it is shown, which is what fills the picture.
    assert across == pytest.approx(SIDE * 2 / 3, abs=3)
    assert down == pytest.approx(SIDE * 2 / 3, abs=3)


@pytest.mark.parametrize("name", ["clip.mkv", "clip.ts", "clip.mpg"])
def test_other_containers_say_the_aspect_too(tmp_path: Path, name: str) -> None:
    aspect = Fraction(16, 11) if name != "clip.mpg" else Fraction(4, 3) * Fraction(576, 720)
    codec = "mpeg2video" if name == "clip.mpg" else ""
    sides = (720, 576) if name == "clip.mpg" else (192, 128)
    across, down = extent(seen(film(tmp_path / name, disc(*sides, aspect=float(aspect)), aspect=aspect, codec=codec)))
    assert across == pytest.approx(down, abs=3)
    assert down == pytest.approx(SIDE * 2 / 3, abs=3)


@pytest.mark.parametrize("aspect", [Fraction(50), Fraction(1, 50)])
def test_an_aspect_that_no_screen_has_is_taken_for_a_mistake(tmp_path: Path, aspect: Fraction) -> None:
    across, down = extent(seen(film(tmp_path / "clip.mp4", disc(128, 128, 1.0), aspect=aspect)))
    assert across == pytest.approx(down, abs=3)


def test_what_an_aspect_makes_of_a_picture_is_held_to_the_limit(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", disc(640, 32, 10.0), aspect=Fraction(10))
    with pytest.raises(TooLarge, match="12800 x 64; the limit is 800000 pixels"):
        seen(clip, Limits(pixels=800_000))


TURNED = [(turn, mirrored) for turn in (0, 90, 180, -90) for mirrored in (False, True)]


def test_every_frame_has_its_own_turn_whatever_shape_came_before(tmp_path: Path) -> None:
    turns = Turns()
    for number, (turn, width) in enumerate([(0, 64), (90, 64), (180, 64), (90, 96), (0, 64), (180, 64)]):
        clip = film(tmp_path / f"{number}.mp4", disc(width, 48, 1.0), turn=turn)
        with av.open(str(clip)) as container:
            assert {turns.of(frame).quarters % 4 for frame in container.decode(video=0)} == {turn // 90}


@pytest.mark.parametrize(("turn", "mirrored"), TURNED)
def test_pictures_are_turned_and_mirrored_as_the_film_says(tmp_path: Path, turn: int, mirrored: bool) -> None:
    stored = np.zeros((SIDE, SIDE, 3), np.uint8)
    stored[: SIDE // 2, : SIDE // 2] = 255  # bright in one corner, less so in the one below it
    stored[SIDE // 2 :, : SIDE // 2] = 128
    shown = np.rot90(stored, turn // 90)  # mirrored after it was turned, by the order of the two
    shown = shown[:, ::-1] if mirrored else shown
    found = seen(film(tmp_path / "clip.mp4", stored, turn=turn, mirrored=mirrored))
    assert np.abs(found.astype(int) - shown).mean() < 8
