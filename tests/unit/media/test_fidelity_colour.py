"""Known colours come out of a film as they went in, however it stores them."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream

from models.media.decoding.decode import decode
from models.media.decoding.showing import MATRICES, settle_matrix
from models.media.limits import Limits
from models.media.media import FrameSpec, SoundSpec
from models.types import U8

COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (128, 128, 128), (255, 255, 255), (0, 0, 0)]
CLOSE = 5
"""Levels of 255 that rounding in YUV, H.264 and scaling may cost."""
BANDS, SIDE = len(COLOURS), 96
SD, HD = (480, 480), (1088, 1088)
SAID = {Colorspace.ITU601: 6, Colorspace.ITU709: 1, Colorspace.BT2020: 9}
"""The number that a stream says a matrix by."""


def bands(sides: tuple[int, int]) -> U8:
    """A picture of these sides, a level band of each colour across it."""
    picture = np.zeros((sides[1], sides[0], 3), np.uint8)
    for colour, rows in zip(COLOURS, np.array_split(np.arange(sides[1]), BANDS), strict=True):
        picture[rows] = colour
    return picture


def film(
    path: Path,
    *,
    sides: tuple[int, int] = SD,
    pixels: str = "yuv420p",
    matrix: Colorspace = Colorspace.ITU601,
    levels: ColorRange = ColorRange.MPEG,
    says_matrix: int | None = None,
    says_levels: ColorRange | None = None,
) -> Path:
    """Two pictures of bands, stored in these colours and said to be in those."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=5, options={"preset": "ultrafast", "qp": "4"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *sides, pixels
        if says_matrix is not None:
            stream.codec_context.colorspace = says_matrix
        if says_levels is not None:
            stream.codec_context.color_range = says_levels
        frame = av.VideoFrame.from_ndarray(bands(sides), format="rgb24")
        stored = VideoReformatter().reformat(frame, format=pixels, dst_colorspace=matrix, dst_color_range=levels)
        for number in range(2):
            stored.pts = number
            output.mux(stream.encode(stored))
        output.mux(stream.encode(None))
    return path


def farthest(path: Path) -> int:
    """How many levels the worst of the colours is off."""
    spec = FrameSpec(rate=5, size=SIDE, shorter_side=SIDE)
    frames = decode(path, sound=SoundSpec(rate=16_000), pictures=spec, limits=Limits()).frames
    assert frames is not None
    middles = (np.arange(BANDS) * 2 + 1) * SIDE // (2 * BANDS)
    return int(np.abs(frames[0, middles, SIDE // 2].astype(int) - COLOURS).max())


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le"])
@pytest.mark.parametrize("levels", [ColorRange.MPEG, ColorRange.JPEG])
@pytest.mark.parametrize("matrix", SAID)
def test_a_film_that_says_how_it_stores_colours_shows_them_right(
    tmp_path: Path, matrix: Colorspace, levels: ColorRange, pixels: str
) -> None:
    clip = film(
        tmp_path / "clip.mp4",
        pixels=pixels,
        matrix=matrix,
        levels=levels,
        says_matrix=SAID[matrix],
        says_levels=levels,
    )
    assert farthest(clip) <= CLOSE


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le"])
@pytest.mark.parametrize(("sides", "matrix"), [(SD, Colorspace.ITU601), (HD, Colorspace.ITU709)])
def test_a_film_that_does_not_say_is_taken_for_what_films_of_its_size_are(
    tmp_path: Path, sides: tuple[int, int], matrix: Colorspace, pixels: str
) -> None:
    other = Colorspace.ITU709 if matrix == Colorspace.ITU601 else Colorspace.ITU601
    assert farthest(film(tmp_path / "clip.mp4", sides=sides, pixels=pixels, matrix=matrix)) <= CLOSE
    assert farthest(film(tmp_path / "other.mp4", sides=sides, pixels=pixels, matrix=other)) > CLOSE


def test_the_range_that_a_pixel_format_means_is_used_where_nothing_is_said(tmp_path: Path) -> None:
    assert farthest(film(tmp_path / "clip.mp4", pixels="yuvj420p", levels=ColorRange.JPEG)) <= CLOSE


@pytest.mark.parametrize("said", [3, 8, 10, 11, 12, 13, 14])
def test_a_film_of_a_matrix_that_cannot_be_undone_is_shown_all_the_same(tmp_path: Path, said: int) -> None:
    matrix = Colorspace.BT2020 if said in (10, 13, 14) else Colorspace.ITU601
    assert farthest(film(tmp_path / "clip.mp4", matrix=matrix, says_matrix=said)) <= CLOSE


@pytest.mark.parametrize("pixels", ["yuv420p", "yuva444p10le", "nv12", "gray", "rgb24", "gbrp", "pal8", "rgba"])
def test_whatever_a_picture_says_it_can_be_scaled(pixels: str) -> None:
    for said in range(256):
        frame = av.VideoFrame(8, 8, pixels)
        frame.colorspace = said
        settle_matrix(frame)
        assert frame.colorspace in {*MATRICES, 2}
        VideoReformatter().reformat(frame, 4, 4, "rgb24", threads=1)
