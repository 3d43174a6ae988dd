"""Images of every kind that is a clip, and headers that say more than there is."""

import struct
import zlib
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from models.types import U8

WRITERS = {
    ".png": ("png", "rgb24", "image2"),
    ".jpg": ("mjpeg", "yuvj444p", "image2"),
    ".bmp": ("bmp", "bgr24", "image2"),
    ".webp": ("libwebp", "yuv420p", "webp"),
    ".gif": ("gif", "rgb8", "gif"),
    ".apng": ("apng", "rgb24", "apng"),
    ".avif": ("libsvtav1", "yuv420p", "avif"),
}
"""Codec, pixels and container by the ending of the name."""
OPTIONS = {"libwebp": {"quality": "95"}, "mjpeg": {"qscale": "2"}, "libsvtav1": {"crf": "10", "svtav1-params": "lp=1"}}
ORIENTATION = 0x0112
JPEG_HEAD, PNG_HEAD = 2, 33
"""Bytes before what may be put in: the first marker, and the signature and its first chunk."""


def image(path: Path, *pictures: U8, rate: int = 10, pixels: str = "") -> Path:
    """An image [h, w, 3] or, of several, one that moves; [h, w, 4] are RGB and how opaque."""
    codec, plain, container = WRITERS[path.suffix]
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, options=OPTIONS.get(codec, {}))
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels or plain
        full = codec == "mjpeg"
        if full:
            stream.codec_context.color_range = ColorRange.JPEG
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24" if picture.shape[2] == 3 else "rgba")
            frame = frame.reformat(format=stream.pix_fmt, dst_color_range=ColorRange.JPEG if full else None)
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def held(path: Path, orientation: int) -> Path:
    """A JPEG or PNG with the EXIF that says how the camera was held, 1 to 8.

    Source: CIPA DC-008 (Exif 2.32), 4.5 and 4.6.4; PNG, 3rd edition, 11.3.4.
    """
    entry = struct.pack(">HHIHH", ORIENTATION, 3, 1, orientation, 0)
    exif = b"MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
    whole = path.read_bytes()
    is_png = whole.startswith(b"\x89PNG")
    at = PNG_HEAD if is_png else JPEG_HEAD
    said = _chunk(b"eXIf", exif) if is_png else b"\xff\xe1" + struct.pack(">H", len(exif) + 8) + b"Exif\0\0" + exif
    path.write_bytes(whole[:at] + said + whole[at:])
    return path


def png(width: int, height: int, *, rows: int | None = None) -> bytes:
    """A black grey PNG of these sides, of whose rows so many are there."""
    content = zlib.compress(bytes((width + 1) * (height if rows is None else rows)), 9)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(*each) for each in ((b"IHDR", head), (b"IDAT", content), (b"IEND", b""))
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def oriented(picture: U8, orientation: int) -> U8:
    """A picture [h, w, 3] as it is to be shown, by where its rows and columns are said to be: CIPA DC-008, 4.6.4."""
    turned = picture.swapaxes(0, 1) if orientation >= 5 else picture
    down, across = {1: (1, 1), 2: (1, -1), 3: (-1, -1), 4: (-1, 1), 5: (1, 1), 6: (1, -1), 7: (-1, -1), 8: (-1, 1)}[
        orientation
    ]
    return np.ascontiguousarray(turned[::down, ::across])
