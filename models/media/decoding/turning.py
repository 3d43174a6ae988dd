"""Which way up decoded pictures are to be shown."""

from dataclasses import dataclass
from fractions import Fraction
from math import atan2, pi
from struct import unpack

import numpy as np
from av.buffer import Buffer
from av.filter import Graph
from av.video.frame import VideoFrame

from models.types import U8

EXIF, COLOUR_PROFILE = 31, 15  # AV_FRAME_DATA_EXIF, AV_FRAME_DATA_ICC_PROFILE


@dataclass(frozen=True, slots=True)
class Turn:
    """Mirrored left to right, or not, and turned by quarters, counterclockwise, after that."""

    is_mirrored: bool
    quarters: int

    def __bool__(self) -> bool:
        return self.is_mirrored or self.quarters % 4 != 0

    def __call__(self, picture: U8) -> U8:
        """A picture [h, w, 3] as it is to be shown."""
        return np.ascontiguousarray(np.rot90(picture[:, ::-1] if self.is_mirrored else picture, self.quarters))


class Turns:
    """Tells how frames are to be turned, as their display matrices say.

    Whose side data are asked for, PyAV keeps until garbage is collected, and then frees the name of a colour profile
    a second time: never ask a frame of a file. So frames are made small, by what is made once for all of a shape.
    """

    def __init__(self) -> None:
        self._shape: tuple[int, int, str] | None = None
        self._graph = Graph()

    def of(self, frame: VideoFrame) -> Turn:
        """The turn of a frame."""
        try:
            return _said(self._small(frame))
        except ValueError:  # its side data is of a kind that PyAV has no name for, or it cannot be made small
            self._shape = None
            return Turn(False, round(frame.rotation / 90))

    def _small(self, frame: VideoFrame) -> VideoFrame:
        """A picture of 2 x 2 that says of itself what the frame does."""
        shape = frame.width, frame.height, frame.format.name
        if shape != self._shape:
            self._graph, self._shape = _shrinking(frame), shape
        self._graph.vpush(frame)
        return self._graph.vpull()


def _shrinking(frame: VideoFrame) -> Graph:
    graph = Graph()
    graph.threads = 1
    graph.link_nodes(
        graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1)),
        *(graph.add("sidedata", f"mode=delete:type={each}") for each in (EXIF, COLOUR_PROFILE)),
        graph.add("crop", r"min(iw\,16):min(ih\,16):0:0"),
        graph.add("scale", "2:2:flags=neighbor"),
        graph.add("buffersink"),
    ).configure()
    return graph


def _said(frame: VideoFrame) -> Turn:
    """The turn of a small frame, by its display matrix.

    Source: libavutil/display.h: x' = a x + c y, y' = b x + d y, of the matrix' first numbers a, b, u, c, d.
    """
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(matrix, Buffer):
        return Turn(False, 0)
    a, b, _, c, d = unpack("=5i", bytes(matrix)[:20])
    is_mirrored = a * d < b * c
    return Turn(is_mirrored, -round((atan2(-b, -a) if is_mirrored else atan2(b, a)) / pi * 2))
