"""How decoded pictures are to be shown: in which colours, how wide, on what ground, for how long."""

from dataclasses import dataclass

import numpy as np
from av.container import InputContainer
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.media.file.edits import cut_picture_s
from models.media.file.opening import path_of
from models.media.limits import IMAGES, STILLS
from models.types import U8

ALONE_S = 1.0  # how long an image is shown that does not move
WIDEST = 10.0  # times as wide as high, or as high as wide, is a pixel at most; beyond it, a mistake

# ITU-T H.273, MatrixCoefficients: those that can be undone here, and what is next to those of wide gamuts that cannot.
UNSAID, BT709, BT601, BT2020 = 2, 1, 6, 9
MATRICES = frozenset({BT709, 4, 5, BT601, 7, BT2020})
WIDE = frozenset({10, 13, 14, 15})
SD = 1024, 576  # the largest pictures that are in BT.601 where the file does not say


@dataclass(frozen=True, slots=True)
class Showing:
    """How the pictures of one stream are shown.

    Args:
        aspect: width of a pixel over its height.
        alone_s: how long a picture is shown, at least, that is the only one.
        still: only the first picture counts; more are thumbnails and the like.
        late_s: how much later every picture is shown than the demuxer says.
    """

    aspect: float = 1.0
    alone_s: float = 0.0
    still: bool = False
    late_s: float = 0.0


PLAIN = Showing()


def showing_of(container: InputContainer, film: VideoStream | None) -> Showing:
    """As the container says, or else the codec."""
    name, aspect = container.format.name, float((film and film.sample_aspect_ratio) or 1)
    return Showing(
        aspect=aspect if 1 / WIDEST <= aspect <= WIDEST else 1.0,
        alone_s=ALONE_S if name in IMAGES else 0.0,
        still=name in STILLS,
        late_s=cut_picture_s(path_of(container), film.id) if film is not None and "mp4" in name.split(",") else 0.0,
    )


def settle_matrix(frame: VideoFrame) -> None:
    """Have a picture in YUV say a matrix that can be undone: where it says none, the one of its size."""
    if not _is_yuv(frame.format):
        frame.colorspace = UNSAID
    elif frame.colorspace in WIDE:
        frame.colorspace = BT2020
    elif frame.colorspace not in MATRICES:
        frame.colorspace = BT601 if frame.width <= SD[0] and frame.height <= SD[1] else BT709


def has_alpha(frame: VideoFrame) -> bool:
    """Whether some of it may be transparent."""
    return frame.format.has_palette or any(each.is_alpha for each in frame.format.components)


def on_white(picture: U8) -> U8:
    """[h, w, 4] RGB and how opaque it is, laid on white: [h, w, 3]."""
    colour, cover = picture[..., :3].astype(np.uint32), picture[..., 3:].astype(np.uint32)
    return ((colour * cover + 255 * (255 - cover) + 127) // 255).astype(np.uint8)


def _is_yuv(format: VideoFormat) -> bool:
    return len(format.components) >= 3 and not format.is_rgb and not format.has_palette
