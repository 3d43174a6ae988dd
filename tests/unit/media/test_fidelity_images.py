"""Images are clips: one picture, shown for a second, or films that play once."""

import socket
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest
from av.format import Flags

from models.errors import MediaInvalid, TooLarge
from models.media.cage import Cage
from models.media.decoding.decode import decode
from models.media.file.image_size import image_size
from models.media.file.probe import probe
from models.media.limits import IMAGES, STILLS, Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.media.windows import windows
from models.types import U8, Window
from tests.tiny.images import WRITERS, held, image, oriented, png

SOUND = SoundSpec(rate=16_000)
SIDE = 32
RED, BLUE = (200, 30, 30), (30, 30, 200)
STILL_SUFFIXES = [".png", ".jpg", ".bmp", ".webp"]


def look(path: Path, *, rate: float = 4, limits: Limits | None = None) -> Media:
    spec = FrameSpec(rate=rate, size=SIDE, shorter_side=SIDE)
    return decode(path, sound=SOUND, pictures=spec, limits=limits or Limits())


def seen(path: Path, *, rate: float = 4) -> U8:
    frames = look(path, rate=rate).frames
    assert frames is not None
    return frames


def plain(colour: tuple[int, ...], *, width: int = 64, height: int = 48) -> U8:
    return np.full((height, width, len(colour)), colour, np.uint8)


def two(above: tuple[int, ...] = RED, below: tuple[int, ...] = BLUE) -> U8:
    picture = plain(above)
    picture[24:] = below
    return picture


@pytest.mark.parametrize("suffix", WRITERS)
def test_an_image_is_a_clip_of_one_picture_that_lasts_a_second(tmp_path: Path, suffix: str) -> None:
    media = look(image(tmp_path / f"image{suffix}", two()))
    assert media.duration_s == 1
    assert windows(media.duration_s) == (Window(0, 1),)
    assert media.senses == {"video"}
    assert media.absent == {"audio": "missing"}
    assert media.frames is not None
    assert media.frames.shape == (4, SIDE, SIDE, 3)
    assert (media.frames == media.frames[0]).all()
    # GIF has 256 colours, and the others a few levels less than they were given.
    assert media.frames[0, 2:12].mean((0, 1)) == pytest.approx(RED, abs=12 if suffix == ".gif" else 5)
    assert media.frames[0, 20:30].mean((0, 1)) == pytest.approx(BLUE, abs=12 if suffix == ".gif" else 5)


@pytest.mark.parametrize(("rate", "count"), [(0.1, 1), (1, 1), (25, 25), (30, 30)])
def test_a_backbone_gets_as_many_pictures_as_it_takes_of_a_second(tmp_path: Path, rate: float, count: int) -> None:
    assert len(seen(image(tmp_path / "image.png", two()), rate=rate)) == count


@pytest.mark.parametrize("suffix", [".gif", ".apng"])
def test_an_image_that_moves_is_a_film(tmp_path: Path, suffix: str) -> None:
    pictures = [plain((level, level, level)) for level in (0, 80, 160, 240, 240)]
    media = look(image(tmp_path / f"image{suffix}", *pictures, rate=2))
    assert media.duration_s == pytest.approx(2.5)
    assert media.frames is not None
    levels = [0, 0, 80, 80, 160, 160, 240, 240, 240, 240]
    assert media.frames.mean((1, 2, 3)) == pytest.approx(levels, abs=12)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".apng"])
def test_what_is_transparent_is_white(tmp_path: Path, suffix: str) -> None:
    picture = plain((*RED, 255))
    picture[24:] = (*BLUE, 0)
    pixels = "bgra" if suffix == ".webp" else "rgba"
    shown = seen(image(tmp_path / f"image{suffix}", picture, pixels=pixels))[0]
    assert shown[2:12].mean((0, 1)) == pytest.approx(RED, abs=5)
    assert shown[20:30].mean((0, 1)) == pytest.approx((255, 255, 255), abs=1)


def test_what_is_half_transparent_is_half_white(tmp_path: Path) -> None:
    shown = seen(image(tmp_path / "image.png", plain((*RED, 128)), pixels="rgba"))[0]
    assert shown.mean((0, 1)) == pytest.approx([(level + 255) / 2 for level in RED], abs=2)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_shown_the_way_it_was_held(tmp_path: Path, orientation: int) -> None:
    stored = plain((255, 255, 255), width=SIDE, height=SIDE)
    stored[:16, :16], stored[16:, :16] = 0, 128
    shown = seen(held(image(tmp_path / "image.jpg", stored), orientation))[0]
    assert np.abs(shown.astype(int) - oriented(stored, orientation)).mean() < 8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_png_is_shown_as_its_exif_says_too(tmp_path: Path, orientation: int) -> None:
    stored = plain((255, 255, 255), width=SIDE, height=SIDE)
    stored[:16, :16], stored[16:, :16] = 0, 128
    shown = seen(held(image(tmp_path / "image.png", stored), orientation))[0]
    assert np.abs(shown.astype(int) - oriented(stored, orientation)).mean() < 2


PIXELS = {
    ".png": ["rgb24", "rgba", "rgb48be", "rgba64be", "gray", "gray16be", "ya8", "monob"],
    ".jpg": ["yuvj420p", "yuvj422p", "yuvj444p"],
    ".bmp": ["bgr24", "bgra", "rgb565le", "gray", "monob"],
    ".webp": ["yuv420p", "yuva420p", "bgra"],
}


@pytest.mark.parametrize(("suffix", "pixels"), [(suffix, each) for suffix, those in PIXELS.items() for each in those])
def test_levels_are_kept_whatever_an_image_stores_them_in(tmp_path: Path, suffix: str, pixels: str) -> None:
    for level in (0, 255) if pixels == "monob" else (0, 64, 200, 255):
        picture = plain((level,) * 3 + (255,))
        shown = seen(image(tmp_path / f"image{suffix}", picture, pixels=pixels))[0]
        # 5 or 6 bits a colour know every eighth level alone.
        assert shown.mean((0, 1)) == pytest.approx([level] * 3, abs=8 if pixels == "rgb565le" else 3)


@pytest.mark.parametrize("suffix", STILL_SUFFIXES)
def test_the_header_says_the_size(tmp_path: Path, suffix: str) -> None:
    found = probe(image(tmp_path / f"image{suffix}", plain(RED, width=70, height=40)), Limits())
    assert found.container in STILLS
    assert found.pictures is not None
    assert (found.pictures.width, found.pictures.height, found.pictures.frames) == (70, 40, 1)


@pytest.mark.parametrize("pixels", ["bgra", "yuva420p"])
def test_the_headers_of_other_webp_say_the_size_too(tmp_path: Path, pixels: str) -> None:
    picture = plain((*RED, 90), width=70, height=40)
    assert image_size(image(tmp_path / "image.webp", picture, pixels=pixels), "webp_pipe") == (70, 40)


@pytest.mark.parametrize("kind", STILLS)
def test_the_size_of_what_has_no_header_is_none(tmp_path: Path, kind: str) -> None:
    whole = png(64, 48) * 2
    for content in (
        b"",
        b"\xff\xd8",
        b"\xff\xd8" + b"\xff" * 50_000,
        whole[:20],
        bytes(10),
        b"\xff\xd8\xff\xe0\0\0" * 9000,
    ):
        (tmp_path / "odd").write_bytes(content)
        assert image_size(tmp_path / "odd", kind) >= (0, 0)


def test_an_image_over_the_limit_is_refused_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(png(30_000, 30_000, rows=1))
    with pytest.raises(TooLarge, match="30000 x 30000; the limit is 67108864 pixels"):
        look(tmp_path / "image.png")


@pytest.mark.parametrize("suffix", STILL_SUFFIXES)
def test_images_may_be_larger_than_films(tmp_path: Path, suffix: str) -> None:
    clip = image(tmp_path / f"image{suffix}", two())
    look(clip, limits=Limits(pixels=100, still_pixels=64 * 48))
    with pytest.raises(TooLarge, match="64 x 48; the limit is 3071 pixels"):
        look(clip, limits=Limits(still_pixels=64 * 48 - 1))


@pytest.mark.parametrize("suffix", [".gif", ".apng"])
def test_images_that_move_have_the_limits_of_films(tmp_path: Path, suffix: str) -> None:
    clip = image(tmp_path / f"image{suffix}", two(), two(BLUE, RED), two())
    with pytest.raises(TooLarge, match="64 x 48; the limit is 3071 pixels"):
        look(clip, limits=Limits(pixels=64 * 48 - 1))
    with pytest.raises(TooLarge, match=r"9216 pixels in all; the limit is 9215|over 9215 pixels in all"):
        look(clip, limits=Limits(total_pixels=3 * 64 * 48 - 1))


def test_an_image_that_unpacks_to_much_is_held_to_the_memory_of_its_process(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png(5000, 5000))
    assert bomb.stat().st_size < 100_000
    spec = FrameSpec(rate=1, size=SIDE, shorter_side=SIDE)
    with Cage(Limits(), workers=1) as cage:
        media = cage.decode(bomb, sound=SOUND, pictures=spec)
    assert media.frames is not None
    assert media.frames.max() <= 2


def test_more_pictures_in_a_photograph_are_left_aside(tmp_path: Path) -> None:
    first, second = (
        image(tmp_path / name, two(*each)) for name, each in (("a.jpg", (RED, BLUE)), ("b.jpg", (BLUE, RED)))
    )
    first.write_bytes(first.read_bytes() + second.read_bytes() * 3)
    media = look(first)
    assert media.duration_s == 1
    assert media.frames is not None
    assert media.frames[:, 2:12].mean((0, 1, 2)) == pytest.approx(RED, abs=5)


@pytest.mark.parametrize("suffix", STILL_SUFFIXES)
def test_an_image_that_is_cut_off_is_one_or_is_refused(tmp_path: Path, suffix: str) -> None:
    clip = image(tmp_path / f"image{suffix}", two())
    whole = clip.read_bytes()
    for part in (0.05, 0.3, 0.6, 0.9):
        clip.write_bytes(whole[: round(len(whole) * part)])
        with suppress(MediaInvalid):
            assert look(clip).duration_s == 1


@pytest.mark.parametrize("name", ["image.mp4", "image%03d.png", "concat:a.png|b.png", "image"])
def test_the_content_of_an_image_decides_and_not_its_name(tmp_path: Path, name: str) -> None:
    named = image(tmp_path / "other.png", two()).rename(tmp_path / name)
    assert probe(named, Limits()).container == "png_pipe"
    image(tmp_path / "image001.png", two(BLUE, RED))
    assert seen(named)[0, 2:12].mean((0, 1)) == pytest.approx(RED, abs=5)


DRAWINGS = {
    "a drawing": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="{0}"/></svg>',
    "a drawing with a head": '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "{0}">]><svg>&x;</svg>',
    "a script": "%!PS-Adobe-3.0\n({0}) run\n",
    "a magick script": "push graphic-context\nimage over 0,0 0,0 '{0}'\npop graphic-context\n",
    "a bitmap in words": '/* XPM */ static char *x[] = {{ "1 1 1 1", "a c {0}", "a" }};',
    "numbers": "P3 1 1 255 # {0}\n0 0 0\n",
}


@pytest.mark.parametrize("kind", DRAWINGS)
def test_drawings_that_are_programs_are_refused_and_reach_nobody(tmp_path: Path, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        clip = tmp_path / "image.png"
        clip.write_text(DRAWINGS[kind].format(f"http://127.0.0.1:{listening.getsockname()[1]}/image.png"))
        with pytest.raises(MediaInvalid, match="cannot be read as media"):
            look(clip)
        with pytest.raises(TimeoutError):
            listening.accept()


def test_no_kind_of_image_is_read_by_a_pattern_of_names() -> None:
    assert Flags.no_file in Flags(av.format.ContainerFormat("image2", "r").flags)
    assert not [name for name in IMAGES if Flags.no_file in Flags(av.format.ContainerFormat(name, "r").flags)]
