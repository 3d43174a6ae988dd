"""The size that an image's header says, read from its first bytes by hand: no decoder has to start to refuse it."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from struct import error, unpack_from
from typing import BinaryIO

MOST_SEGMENTS = 10_000  # of a JPEG, before its size
NO_FRAME = (0xC4, 0xC8, 0xCC)  # markers among those of JPEG frames that are none


def image_size(path: Path, container: str) -> tuple[int, int]:
    """Width and height of a still, as stored; 0 x 0 where its header does not say. The container is one of STILLS."""
    with path.open("rb") as file:
        try:
            return SIZES[container](file)
        except error:  # it ends before its header does
            return 0, 0


def _png(file: BinaryIO) -> tuple[int, int]:
    """Source: PNG, 3rd edition, 11.2.1."""
    kind, width, height = unpack_from(">4sII", file.read(24), 12)
    return (width, height) if kind == b"IHDR" else (0, 0)


def _bmp(file: BinaryIO) -> tuple[int, int]:
    """Source: BITMAPCOREHEADER and BITMAPINFOHEADER; a negative height is one from the top."""
    head = file.read(26)
    is_core = unpack_from("<I", head, 14) == (12,)
    width, height = unpack_from("<HH", head, 18) if is_core else unpack_from("<ii", head, 18)
    return abs(width), abs(height)


def _webp(file: BinaryIO) -> tuple[int, int]:
    """Source: RFC 9649, 2.7.1 (extended), 3.4 (lossless); RFC 6386, 9.1 (lossy)."""
    head = file.read(30)
    if head[12:16] == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if head[12:16] == b"VP8L":
        (bits,) = unpack_from("<I", head, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = unpack_from("<HH", head, 26)
    return width & 0x3FFF, height & 0x3FFF


def _jpeg(file: BinaryIO) -> tuple[int, int]:
    """Source: ITU-T T.81, B.1.1 (markers) and B.2.2 (frame header)."""
    file.seek(2)
    for _ in islice(iter(lambda: file.read(1), b""), MOST_SEGMENTS):
        while (marker := file.read(1)) == b"\xff":  # fill bytes
            pass
        if marker and 0xC0 <= marker[0] <= 0xCF and marker[0] not in NO_FRAME:
            height, width = unpack_from(">HH", file.read(7), 3)
            return width, height
        (length,) = unpack_from(">H", file.read(2))
        file.seek(max(length - 2, 0), 1)
    return 0, 0


SIZES: dict[str, Callable[[BinaryIO], tuple[int, int]]] = {
    "bmp_pipe": _bmp,
    "jpeg_pipe": _jpeg,
    "png_pipe": _png,
    "webp_pipe": _webp,
}
