"""Pictures as they are decoded: chosen by their timestamps, scaled and cropped."""

import math

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from models.errors import TooLarge
from models.media.decoding.showing import PLAIN, Showing, has_alpha, on_white, settle_matrix
from models.media.decoding.turning import Turns
from models.media.limits import Limits
from models.media.media import FrameSpec
from models.types import U8

EARLY_S = 1e-3  # timestamps are rounded to milliseconds in some containers
FALLBACK_S = 0.04  # how long a frame is shown, where the file does not say


class PictureTrack:
    """Gathers the picture shown at each i / rate seconds after `origin_s` on the file's own clock.

    Holds one decoded frame at a time; only pictures that are kept are scaled.
    """

    def __init__(self, spec: FrameSpec, *, origin_s: float, limits: Limits, showing: Showing = PLAIN) -> None:
        self._spec, self._origin_s, self._limits, self._showing = spec, origin_s, limits, showing
        self._taken = 0
        self._reformatter, self._turns = VideoReformatter(), Turns()
        self._kept: list[U8] = []
        self._shown: VideoFrame | None = None
        self._shown_until_s = 0.0

    def take(self, frame: VideoFrame) -> None:
        """Consider a decoded frame; raises TooLarge past the longest duration or the largest picture."""
        if self._showing.still and self._taken:
            return
        start_s = self._shown_until_s if frame.time is None else frame.time - self._origin_s
        if start_s > self._limits.duration_s:
            raise TooLarge(f"the pictures last over {self._limits.duration_s:g} s, the limit")
        self._keep(until_s=start_s)
        self._shown = frame
        self._taken += 1
        self._shown_until_s = min(max(start_s, 0.0) + lasting_s(frame), self._limits.duration_s)

    def finish(self) -> U8 | None:
        """[t, size, size, 3] RGB, or None if nothing was decoded."""
        if self._taken == 1:
            self._shown_until_s = max(self._shown_until_s, min(self._showing.alone_s, self._limits.duration_s))
        self._keep(until_s=self._shown_until_s)
        if self._shown is not None and not self._kept:
            self._kept.append(self._scaled(self._shown))
        return np.stack(self._kept) if self._kept else None

    @property
    def duration_s(self) -> float:
        """From the origin to the end of the last frame."""
        return self._shown_until_s

    def _keep(self, *, until_s: float) -> None:
        """Keep the frame being shown once for every instant that falls due before `until_s`."""
        due = math.ceil((until_s - EARLY_S) * self._spec.rate) - len(self._kept)
        if self._shown is not None and due > 0:
            self._kept += [self._scaled(self._shown)] * due

    def _scaled(self, frame: VideoFrame) -> U8:
        check_pixels(frame.width, frame.height, self._limits)
        width, height = self._scaled_sides(frame)
        check_pixels(width, height, self._limits)
        settle_matrix(frame)
        kind = "rgba" if has_alpha(frame) else "rgb24"
        scaled = self._reformatter.reformat(frame, width, height, kind, interpolation="BILINEAR", threads=1)
        picture = self._central(scaled.to_ndarray().astype(np.uint8, copy=False))
        return self._turns.of(frame)(on_white(picture) if kind == "rgba" else picture)

    def _scaled_sides(self, frame: VideoFrame) -> tuple[int, int]:
        """Width and height in square pixels, of which the shorter is as asked for."""
        sides = frame.width * self._showing.aspect, frame.height
        width, height = (
            max(round(side * self._spec.shorter_side / min(sides)), self._spec.shorter_side) for side in sides
        )
        return width, height

    def _central(self, picture: U8) -> U8:
        top, left = ((side - self._spec.size) // 2 for side in picture.shape[:2])
        return picture[top : top + self._spec.size, left : left + self._spec.size]


def lasting_s(frame: VideoFrame) -> float:
    """How long a frame is shown, as far as it says."""
    said_s = float((frame.duration or 0) * (frame.time_base or 0))
    return said_s if said_s > 0 else FALLBACK_S


def check_pixels(width: int, height: int, limits: Limits) -> None:
    """Raises TooLarge for a picture over the limit."""
    if width * height > limits.pixels:
        raise TooLarge(f"the pictures are {width} x {height}; the limit is {limits.pixels} pixels")
