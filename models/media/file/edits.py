"""How far into its first edit a film's first whole picture begins: what the demuxer takes off all its times."""

from collections.abc import Iterator
from itertools import chain, islice, repeat
from pathlib import Path
from struct import error, iter_unpack, unpack_from
from typing import BinaryIO

from models.media.file.rotation import MOST_BOXES, TRACK_AT, all_boxes

MOST_BYTES = 2**20  # of one table
MOST_PICTURES = 100_000
REORDERED = 64  # pictures, in decoding order, that may come after one that is shown before them
TIMESCALE_AT = (12, 20)  # in an mdhd box, by its version
EDIT = (">IiI", ">QqI")  # duration, start in the media, rate: an entry of an elst box, by its version


def cut_picture_s(path: Path, track: int) -> float:
    """Seconds from where the first edit of an MP4's track begins to the first picture that begins in it.

    0 where no picture begins before it, where there are no edits, or where the file is no MP4.

    Source: ISO/IEC 14496-12, 8.4.2 (mdhd), 8.6.1.2 (stts), 8.6.1.3 (ctts), 8.6.6 (elst).
    """
    with path.open("rb") as file:
        try:
            return next((_cut_s(file, found) for found in _tracks(file, path, track)), 0.0)
        except (error, ZeroDivisionError):  # boxes that are cut off, or a clock that stands still
            return 0.0


def _tracks(file: BinaryIO, path: Path, number: int) -> Iterator[tuple[int, int]]:
    for film in islice(_inside(file, (0, path.stat().st_size), "moov"), 1):
        for track in _inside(file, film, "trak"):
            header = next((_bytes(file, each) for each in _inside(file, track, "tkhd")), b"")
            if header and unpack_from(">I", header, TRACK_AT[min(header[0], 1)]) == (number,):
                yield track


def _cut_s(file: BinaryIO, track: tuple[int, int]) -> float:
    edits, clock, steps, delays = (
        next((_bytes(file, each) for each in _inside(file, track, *boxes)), b"")
        for boxes in (
            ("edts", "elst"),
            ("mdia", "mdhd"),
            ("mdia", "minf", "stbl", "stts"),
            ("mdia", "minf", "stbl", "ctts"),
        )
    )
    if not edits or not clock or not steps:
        return 0.0
    (per_second,) = unpack_from(">I", clock, TIMESCALE_AT[min(clock[0], 1)])
    starts = (start for _, start, _ in _entries(edits, EDIT[min(edits[0], 1)]) if start >= 0)
    return _cut(next(starts, 0), steps, delays) / int(per_second)


def _cut(start: int, steps: bytes, delays: bytes) -> int:
    """As `cut_picture_s`, in ticks."""
    first: int | None = None
    is_cut, following = False, REORDERED
    for shown in islice(_shown(steps, delays), MOST_PICTURES):
        if shown < start:
            is_cut = True
        else:
            first, following = min(shown, shown if first is None else first), following - 1
        if not following:
            break
    return 0 if first is None or not is_cut else first - start


def _shown(steps: bytes, delays: bytes) -> Iterator[int]:
    """When each picture is shown, in decoding order."""
    later = chain.from_iterable(repeat(delay, count) for count, delay in _entries(delays, ">Ii"))
    decoded = 0
    for count, step in _entries(steps, ">II"):
        for _ in range(count):
            yield decoded + next(later, 0)
            decoded += step


def _entries(box: bytes, layout: str) -> Iterator[tuple[int, ...]]:
    """Of a table that begins with version, flags and their number."""
    size = sum({"I": 4, "i": 4, "Q": 8, "q": 8}[each] for each in layout[1:])
    held = box[8:]
    return iter_unpack(layout, held[: len(held) // size * size])


def _inside(file: BinaryIO, place: tuple[int, int], *kinds: str) -> Iterator[tuple[int, int]]:
    """Where the contents of boxes lie, each kind inside the one before."""
    if not kinds:
        yield place
        return
    for found, start, end in islice(all_boxes(file, *place), MOST_BOXES):
        if found == kinds[0].encode():
            yield from _inside(file, (start, end), *kinds[1:])


def _bytes(file: BinaryIO, place: tuple[int, int]) -> bytes:
    file.seek(place[0])
    return file.read(min(place[1] - place[0], MOST_BYTES))
