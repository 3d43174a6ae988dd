"""Windows as they are decoded, of one file after another."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from models.errors import SightsoundError, TooLarge
from models.media.decoding.decode import nothing_in
from models.media.decoding.stretches import Part, Stretch
from models.media.limits import Limits
from models.media.media import Media
from models.media.windows import LENGTH_S
from models.types import Absence, Sense, Window

SAME_S = 0.01  # ends of a clip that are nearer to each other are one, seen from two stretches


@dataclass(frozen=True, slots=True)
class Decoded:
    """A window of the file of this number, in order, and what was decoded of it alone."""

    file: int
    window: Window
    media: Media


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a file: the clip's length in seconds, or why its windows, also those that came, do not count."""

    file: int
    outcome: float | SightsoundError


class Joining:
    """Puts the stretches of one file together, as they come in order.

    Where a file seems to end before it says that it does, its other stretches are looked at: damage in the middle must
    not pass for the end.
    """

    def __init__(self, file: int, first: Stretch, limits: Limits) -> None:
        self._file, self._next, self._limits = file, first, limits
        self._held: list[tuple[Stretch, Part]] = []
        self._first: Part | None = None
        self._pixels = 0
        self._has_sense = False
        self._goes_on = True

    def take(self, part: Part) -> Iterator[Decoded | Ended]:
        """The windows that are certain now, and the end if this is it; raises TooLarge, MediaInvalid."""
        self._first = self._first or part
        self._has_sense = self._has_sense or bool(part.media.senses)
        self._pixels += part.pixels
        if self._pixels > self._limits.total_pixels:
            raise TooLarge(f"the pictures have over {self._limits.total_pixels} pixels in all, the limit")
        if part.ends_s is None and self._next.start_s > self._limits.duration_s:  # of frames, decoding tells earlier
            raise TooLarge(f"the clip lasts over {self._limits.duration_s:g} s, the limit")
        before = self._let_go() if self._is_beyond(part) else []
        self._held.append((self._next, part))
        self._next = self._next.next
        if part.ends_s is None:
            return chain(self._cut(before, None), self._cut(self._let_go(), None))
        if self.expects(self._next):
            return self._cut(before, None)
        return chain(self._cut(before, None), self._end())

    def expects(self, stretch: Stretch) -> bool:
        """Whether the file says that it goes on so far: a stretch that may be decoded ahead."""
        says_s = None if self._first is None or self._first.probe is None else self._first.probe.duration_s
        return not stretch.is_past(min(says_s or 0.0, self._limits.duration_s))

    @property
    def goes_on(self) -> bool:
        """Whether the next stretch is needed."""
        return self._goes_on

    def _is_beyond(self, part: Part) -> bool:
        """Whether a part has more of the clip than those that seemed to be its end."""
        return bool(self._held) and (part.ends_s is None or part.ends_s > self._ends_s + SAME_S)

    @property
    def _ends_s(self) -> float:
        """Where the clip ends if no more comes: not before the stretch that was found to be needed."""
        stretch, _ = self._held[0]
        needed_s = stretch.start_s + LENGTH_S if stretch.start_s else 0.0
        return max(needed_s, *(part.ends_s or 0.0 for _, part in self._held))

    def _let_go(self) -> list[tuple[Stretch, Part]]:
        held, self._held = self._held, []
        return held

    def _cut(self, parts: list[tuple[Stretch, Part]], ends_s: float | None) -> Iterator[Decoded]:
        """The windows of parts behind which the clip goes on, or of the one that it ends in."""
        for stretch, part in parts:
            seemed_over = ends_s is None and part.ends_s is not None
            media = self._damaged(part.media) if seemed_over else part.media
            for window in stretch.windows(ends_s):
                yield Decoded(self._file, window, media.cut(stretch.within(window)))

    def _damaged(self, media: Media) -> Media:
        """What seemed to end, though the clip goes on: what is not there could not be read."""
        assert self._first is not None
        found = self._first.probe
        there: dict[Sense, object] = {"audio": found and found.sound, "video": found and found.pictures}
        absent: dict[Sense, Absence] = {sense: "damaged" for sense, stream in there.items() if stream is not None}
        return replace(media, absent={**media.absent, **absent})

    def _end(self) -> Iterator[Decoded | Ended]:
        assert self._first is not None
        if not self._has_sense:
            raise nothing_in(self._first, self._limits)
        self._goes_on = False
        ends_s = self._ends_s
        return chain(self._cut(self._let_go()[:1], ends_s), [Ended(self._file, ends_s)])
