"""A file, or a stretch of it, decoded in one pass over its sound and its pictures, in this process.

Files of strangers go through `models.media.cage`, which calls this in a process that may die.
"""

from collections import deque
from pathlib import Path

from models.errors import MediaInvalid
from models.media.decoding.landing import AT_THE_START, LANDINGS, Late
from models.media.decoding.passing import Pass
from models.media.decoding.sparse import Coarse, Skipped, ways
from models.media.decoding.stretches import WHOLE, Part, Stretch
from models.media.file.budget import check_budget
from models.media.file.opening import opened
from models.media.file.probe import Probe, probe
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec


def decode(path: Path, *, sound: SoundSpec, pictures: FrameSpec, limits: Limits) -> Media:
    """The sound and pictures of a file, both from the same time zero: the start of the earlier one.

    What is damaged is left out (sound is silent there); a stream of which nothing can be decoded is
    absent. A file over a limit by its own account is refused before any of it is decoded, and one that hid
    it as soon as that shows. Raises MediaInvalid where neither is left, TooLarge, MemoryError.

    All of it is held at once: 4 bytes a sample, 3 a pixel, twice while they are put together. Long files are for
    `decode_stretch`.
    """
    part = decode_stretch(path, WHOLE, sound=sound, pictures=pictures, limits=limits)
    if not part.media.senses:
        raise nothing_in(part, limits)
    return part.media


def nothing_in(first: Part, limits: Limits) -> MediaInvalid:
    """The error for a file of which nothing could be decoded, by its first stretch."""
    found = first.probe
    return MediaInvalid(f"the file is {found}, of which nothing could be decoded; expected {limits.expected}")


def decode_stretch(path: Path, stretch: Stretch, *, sound: SoundSpec, pictures: FrameSpec, limits: Limits) -> Part:
    """A stretch of a file, as `decode` would have it there.

    Of a file that goes on behind the stretch, or says so, pictures that no other is made from may be skipped where few
    are asked for: one that is shown then may be early, by less than half the time between those that are asked for.
    Raises TooLarge, MemoryError, and for the first stretch MediaInvalid for what is no media.
    """
    found = None
    if not stretch.start_s:
        found = probe(path, limits)
        check_budget(found, limits)
        limits = limits.of_kind(found.container)
    landings = deque(LANDINGS if stretch.start_s else [AT_THE_START])
    skipped: deque[Skipped] | None = None
    while True:
        with opened(path, limits, codecs=limits.codecs) as container:
            read = Pass(container, stretch, landings[0], sound=sound, pictures=pictures, limits=limits)
            if skipped is None:
                skipped = deque(_skipped(found, stretch, pictures, read))
            try:
                return read.part(skipped[0], found)
            except Late:
                landings.popleft()
            except Coarse:
                skipped.popleft()


def _skipped(found: Probe | None, stretch: Stretch, pictures: FrameSpec, read: Pass) -> list[Skipped]:
    """What may be skipped: nothing of a file that is a stretch by its own account."""
    if found is not None and (found.duration_s or 0) <= stretch.end_s:
        return ["DEFAULT"]
    return ways(pictures, read.frame_rate)
