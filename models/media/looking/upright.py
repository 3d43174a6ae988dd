"""Pictures as people are to see them: square pixels, the right way up, small."""

from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from models.media.decoding.pictures import check_pixels
from models.media.decoding.showing import has_alpha, on_white, settle_matrix
from models.media.decoding.turning import Turns
from models.media.limits import Limits
from models.types import U8


@dataclass(frozen=True, slots=True)
class Box:
    """What pictures are to fit into, whichever way it is turned."""

    longer: int
    shorter: int

    def fit(self, width: float, height: float) -> tuple[int, int]:
        """The even sides of pictures of this shape inside; smaller ones stay as they are."""
        scale = min(1, self.longer / max(width, height), self.shorter / min(width, height))
        across, down = (max(round(side * scale / 2) * 2, 2) for side in (width, height))
        return across, down


class Upright:
    """Makes decoded frames yuv420p, BT.601 and limited range, turned as they say, with pixels of `aspect` made square.

    What is transparent is laid on white.
    """

    def __init__(self, box: Box, *, aspect: float, limits: Limits) -> None:
        self._box, self._aspect, self._limits = box, aspect, limits
        self._reformatter, self._turns = VideoReformatter(), Turns()

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """The frame as it is to be seen; raises TooLarge."""
        check_pixels(frame.width, frame.height, self._limits)
        settle_matrix(frame)
        turn = self._turns.of(frame)
        if not has_alpha(frame) and not turn:
            return self._scaled(frame, "yuv420p")
        shown = VideoFrame.from_ndarray(turn(self._on_white(frame)), format="rgb24")
        return self._as(shown, shown.width, shown.height, "yuv420p")

    def _on_white(self, frame: VideoFrame) -> U8:
        kind = "rgba" if has_alpha(frame) else "rgb24"
        picture: U8 = self._scaled(frame, kind).to_ndarray().astype(np.uint8, copy=False)
        return on_white(picture) if kind == "rgba" else picture

    def _scaled(self, frame: VideoFrame, pixels: str) -> VideoFrame:
        width, height = self._box.fit(frame.width * self._aspect, frame.height)
        return self._as(frame, width, height, pixels)

    def _as(self, frame: VideoFrame, width: int, height: int, pixels: str) -> VideoFrame:
        is_yuv = pixels == "yuv420p"
        return self._reformatter.reformat(
            frame,
            width,
            height,
            pixels,
            dst_colorspace=Colorspace.ITU601 if is_yuv else None,
            dst_color_range=ColorRange.MPEG if is_yuv else None,
            interpolation="BILINEAR",
            threads=1,
        )
