"""What is in a file but cannot be decoded: passed over, and noted."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.frame import VideoFrame

from models.media.decoding.holes import Holes
from models.types import Sense, Window

STEPS = 10
"""Moments are noted in tenths of a second: however often a file fails, they are few."""


@contextmanager
def skipping_damage(note: Callable[[], None] = lambda: None) -> Iterator[None]:
    """What cannot be read or decoded is passed over; a want of memory is not: raises MemoryError."""
    try:
        yield
    except av.error.MemoryError:
        raise
    except av.error.BlockingIOError as error:  # a decoder that could not start its threads
        raise MemoryError("no room for the decoder's threads") from error
    except av.error.FFmpegError:
        note()


class Lost:
    """Goes on behind damage, and keeps its moments: seconds after `origin_s` on the file's own clock."""

    def __init__(self, *, origin_s: float, longest_s: float) -> None:
        self._origin_s, self._longest_s = origin_s, longest_s
        self._steps: dict[Sense, set[int]] = {"audio": set(), "video": set()}

    def passed_over(self, part: object = None) -> AbstractContextManager[None]:
        """A block that may fail at a packet or frame, or at reading on; raises MemoryError."""
        return skipping_damage(partial(self._note, part))

    def holes(self, filled: tuple[Window, ...]) -> Holes:
        """Those of the file, whose sound was filled at these stretches."""
        return Holes(
            filled, {sense: tuple(step / STEPS for step in sorted(steps)) for sense, steps in self._steps.items()}
        )

    def _note(self, part: object) -> None:
        if isinstance(part, Packet) and part.size:
            clock = part.time_base or 0
            time_s = None if part.pts is None else float(part.pts * clock)
            self._add("audio" if isinstance(part.stream, AudioStream) else "video", time_s)
        elif isinstance(part, AudioFrame | VideoFrame):
            self._add("audio" if isinstance(part, AudioFrame) else "video", part.time)

    def _add(self, sense: Sense, time_s: float | None) -> None:
        """A part that does not tell its time is one of where the last one was."""
        steps = self._steps[sense]
        after_s = max(steps, default=0) / STEPS if time_s is None else time_s - self._origin_s
        steps.add(int(min(max(after_s, 0.0), self._longest_s) * STEPS))
