"""How a phone was held: the turn that an MP4 asks its pictures to be shown by."""

from collections.abc import Iterator
from itertools import islice
from math import atan2, degrees
from pathlib import Path
from struct import unpack
from typing import BinaryIO

MOST_BOXES = 1000  # looked at in one place; a file may hold millions of empty ones
TRACK_AT, MATRIX_AT = (12, 20), (40, 52)  # in a tkhd box, by its version


def rotations(path: Path) -> dict[int, int]:
    """Degrees counterclockwise, 0, 90, 180 or 270, by the number of the track; empty where the file is no MP4.

    Source: ISO/IEC 14496-12, 4.2 (boxes) and 8.3.2 (track header): fixed-point 16.16 a, b, u, c, d, v, x, y, w.
    """
    with path.open("rb") as file:
        return dict(
            turn
            for film in islice(_boxes(file, b"moov", 0, path.stat().st_size), 1)
            for track in _boxes(file, b"trak", *film)
            for header in _boxes(file, b"tkhd", *track)
            for turn in _turns(file, *header)
        )


def _boxes(file: BinaryIO, kind: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the contents of the boxes of one kind start and end."""
    return ((at, until) for found, at, until in islice(all_boxes(file, start, end), MOST_BOXES) if found == kind)


def all_boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes of a stretch of an MP4, one after another: kind, and where the contents start and end."""
    while start + 8 <= end:
        file.seek(start)
        head = file.read(16)
        size, contents = int.from_bytes(head[:4], "big"), start + 8
        if size == 1:  # a long one follows
            size, contents = int.from_bytes(head[8:16], "big"), start + 16
        until = end if size == 0 else min(start + size, end)
        if until < contents:
            return
        yield head[4:8], contents, until
        start = until


def _turns(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int]]:
    file.seek(start)
    header = file.read(min(end - start, 88))
    version = min(header[0], 1) if header else 0
    if len(header) >= MATRIX_AT[version] + 8:
        (track,) = unpack(">I", header[TRACK_AT[version] :][:4])
        across, down = unpack(">ii", header[MATRIX_AT[version] :][:8])
        yield track, -round(degrees(atan2(down, across)) / 90) * 90 % 360
