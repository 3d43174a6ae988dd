"""Films whose pictures tell the second and which way is up, and whose sound begins at a known moment."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream

from models.types import F32, U8
from tests.tiny.clips import render

LEVELS = (30, 90, 150, 210)
"""How bright the right half is, by the second."""
RED = (220, 20, 20)
"""The upper left quarter."""
SILENT_S = 1.0
TONE_HZ = 440.0


def scene(
    path: Path,
    *,
    codecs: tuple[str, str] = ("aac", "libx264"),
    seconds: int = 4,
    rate: int = 48_000,
    frame_rate: int = 25,
    height: int = 120,
    width: int = 160,
) -> Path:
    """A film of so many seconds in the container that its name says."""
    frames = pictures(seconds=seconds, frame_rate=frame_rate, height=height, width=width)
    return render(
        path, samples=tone(seconds=seconds, rate=rate), frames=frames, rate=rate, frame_rate=frame_rate, codecs=codecs
    )


def film(
    path: Path,
    frames: U8,
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    frame_rate: int = 25,
    turn: int = 0,
    aspect: Fraction = Fraction(1),
) -> Path:
    """A film of these frames [t, h, w, 3], shown turned by degrees counterclockwise, its pixels of that shape."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=frame_rate)
        assert isinstance(stream, VideoStream)
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], pixels
        stream.codec_context.sample_aspect_ratio = aspect
        stream.set_display_rotation(turn)
        for each in frames:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(each), format="rgb24")))
        output.mux(stream.encode(None))
    return path


def held(turn: int) -> U8:
    """A second of a scene as a phone takes it that is held so: to be shown turned by degrees counterclockwise."""
    return np.rot90(pictures(seconds=1), -turn // 90, axes=(1, 2))


def pictures(*, seconds: int, frame_rate: int = 25, height: int = 120, width: int = 160) -> U8:
    """[t, height, width, 3]: the left half blue but for RED above, the right half as bright as the second says."""
    frames = np.zeros((seconds * frame_rate, height, width, 3), np.uint8)
    frames[:, :, : width // 2] = (20, 20, 220)
    frames[:, : height // 2, : width // 2] = RED
    for second in range(seconds):
        frames[second * frame_rate : (second + 1) * frame_rate, :, width // 2 :] = LEVELS[second % len(LEVELS)]
    return frames


def tone(*, seconds: int, rate: int = 48_000) -> F32:
    """[n]: nothing for SILENT_S, then TONE_HZ at half of what there is."""
    time = np.arange(seconds * rate) / rate
    return np.where(time < SILENT_S, 0, 0.5 * np.sin(2 * np.pi * TONE_HZ * time)).astype(np.float32)


def second_of(picture: U8) -> int:
    """The second, counted over LEVELS, that a picture [h, w, 3] of a scene is of."""
    height, width = picture.shape[:2]
    level = picture[height // 4 : -height // 4, width * 5 // 8 : width * 7 // 8].mean()
    return int(np.abs(np.array(LEVELS) - level).argmin())


def is_upright(picture: U8) -> bool:
    """Whether the red of a scene is up on the left, and its blue below."""
    height, width = picture.shape[:2]
    above, below = (picture[at * height // 8, width // 4].astype(int) for at in (2, 6))
    return bool(above[0] > 150 > above[2] and below[2] > 150 > below[0])
