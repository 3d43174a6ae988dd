"""How a long clip is decoded: in stretches, each by itself, so that its length costs no memory."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from models.media.file.probe import Probe
from models.media.media import FrameSpec, Media, SoundSpec
from models.media.windows import LENGTH_S, NEAR_S, STEP_S, windows
from models.types import Window

STRETCH_BYTES = 64 * 2**20
"""What a stretch holds at most, as decoded, unless less than the shortest stretch takes more."""
SHORTEST_S, LONGEST_S = 10.0, 120.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is decoded of a clip for the windows that start in `[start_s, start_s + step_s)`."""

    start_s: float
    step_s: float

    @property
    def end_s(self) -> float:
        """Where the last of these windows ends, and decoding does."""
        return self.start_s + self.step_s + LENGTH_S

    @property
    def next(self) -> "Stretch":
        """The one that follows."""
        return Stretch(self.start_s + self.step_s, self.step_s)

    def is_past(self, duration_s: float) -> bool:
        """Whether no window of a clip of this length needs it: the stretch before it has the last one."""
        return self.start_s > 0 and duration_s <= self.start_s + LENGTH_S + NEAR_S

    def windows(self, ends_s: float | None) -> Iterator[Window]:
        """Those that come from it: of a clip that goes on behind it, or ends in it."""
        until_s = self.start_s + self.step_s if ends_s is None else math.inf
        for each in windows(self.end_s + LENGTH_S if ends_s is None else ends_s):
            if self.start_s <= each.start_s < until_s:
                yield each

    def within(self, window: Window) -> Window:
        """A window of the clip, on the stretch's own clock."""
        return Window(window.start_s - self.start_s, window.end_s - self.start_s)

    def __contains__(self, at_s: float) -> bool:
        return self.start_s <= at_s < self.start_s + self.step_s


WHOLE = Stretch(0.0, math.inf)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a clip as it was decoded.

    Args:
        media: from the stretch's start to its end or the clip's; without both senses where there is nothing.
        ends_s: where the clip ends, None where it goes on behind the stretch.
        pixels: that were decoded for the windows which start in the stretch.
        probe: what the file says of itself, of its first stretch only.
    """

    media: Media
    ends_s: float | None
    pixels: int
    probe: Probe | None


def first_stretch(sound: SoundSpec, pictures: FrameSpec) -> Stretch:
    """As long as STRETCH_BYTES allow; the others follow.

    Where it can be, pictures are due at its ends, so that stretches have the pictures that a whole clip has.
    """
    second_bytes = 4 * sound.rate + 3 * pictures.size**2 * pictures.rate
    longest_s = min(max(STRETCH_BYTES / second_bytes - LENGTH_S, SHORTEST_S), LONGEST_S)
    lengths_s = [STEP_S * count for count in range(int(longest_s / STEP_S), int(SHORTEST_S / STEP_S) - 1, -1)]
    return Stretch(0.0, next((each for each in lengths_s if _is_even(each, pictures.rate)), lengths_s[0]))


def _is_even(length_s: float, rate: float) -> bool:
    """Whether an even number of pictures is due: halves are rounded to even numbers, and must be in every stretch."""
    return (Fraction(length_s) * Fraction(rate).limit_denominator(1001) / 2).denominator == 1
