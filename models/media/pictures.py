"""Pictures as they are decoded: chosen by their timestamps, scaled and cropped."""

import math

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from models.errors import TooLarge
from models.media.limits import Limits
from models.media.media import FrameSpec
from models.types import U8

EARLY_S = 1e-3  # timestamps are rounded to milliseconds in some containers
FALLBACK_S = 0.04  # how long a frame is shown, where the file does not say


class PictureTrack:
    """Gathers the picture shown at each i / rate seconds after `origin_s` on the file's own clock.

    Holds one decoded frame at a time; only pictures that are kept are scaled.
    """

    def __init__(self, spec: FrameSpec, *, origin_s: float, limits: Limits) -> None:
        self._spec, self._origin_s, self._limits = spec, origin_s, limits
        self._reformatter = VideoReformatter()
        self._kept: list[U8] = []
        self._shown: VideoFrame | None = None
        self._shown_until_s = 0.0

    def take(self, frame: VideoFrame) -> None:
        """Consider a decoded frame; raises TooLarge past the longest duration or the largest picture."""
        start_s = self._shown_until_s if frame.time is None else frame.time - self._origin_s
        if start_s > self._limits.duration_s:
            raise TooLarge(f"the pictures last over {self._limits.duration_s:g} s, the limit")
        self._keep(until_s=start_s)
        self._shown = frame
        self._shown_until_s = min(max(start_s, 0.0) + self._lasting_s(frame), self._limits.duration_s)

    def finish(self) -> U8 | None:
        """[t, size, size, 3] RGB, or None if nothing was decoded."""
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

    def _lasting_s(self, frame: VideoFrame) -> float:
        if frame.duration and frame.time_base:
            return float(frame.duration * frame.time_base)
        return FALLBACK_S

    def _scaled(self, frame: VideoFrame) -> U8:
        scale = self._spec.shorter_side / min(frame.width, frame.height)
        width, height = (max(round(side * scale), self._spec.shorter_side) for side in (frame.width, frame.height))
        check_pixels(frame.width, frame.height, self._limits)
        check_pixels(width, height, self._limits)
        scaled = self._reformatter.reformat(frame, width, height, "rgb24", interpolation="BILINEAR", threads=1)
        picture = self._central(scaled.to_ndarray().astype(np.uint8, copy=False))
        return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90)))

    def _central(self, picture: U8) -> U8:
        top, left = ((side - self._spec.size) // 2 for side in picture.shape[:2])
        return picture[top : top + self._spec.size, left : left + self._spec.size]


def check_pixels(width: int, height: int, limits: Limits) -> None:
    """Raises TooLarge for a picture over the limit."""
    if width * height > limits.pixels:
        raise TooLarge(f"the pictures are {width} x {height}; the limit is {limits.pixels} pixels")
