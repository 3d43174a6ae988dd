"""Pictures of a long clip that need not be decoded, where few are asked for."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal

from models.media.media import FrameSpec

Skipped = Literal["NONKEY", "NONREF", "DEFAULT"]
"""All but keyframes, all that no other picture is made from, or none."""
MANY = 8
"""Pictures of the film for one that is asked for, from which on those that no other is made from are skipped."""
KEYFRAMES_S = 4.0
"""Seconds between pictures asked for, from which on keyframes alone may do."""


class Coarse(Exception):
    """Too much was skipped."""


def ways(pictures: FrameSpec, frame_rate: float | None) -> list[Skipped]:
    """What may be skipped of a film of so many pictures a second: the most first, the others if that was too much."""
    found: list[Skipped] = []
    if 1 / pictures.rate >= KEYFRAMES_S:
        found.append("NONKEY")
    if (frame_rate or 0) >= MANY * pictures.rate:
        found.append("NONREF")
    return [*found, "DEFAULT"]


def check_spacing(shown_s: Sequence[float], all_s: Sequence[float], pictures: FrameSpec) -> None:
    """Raises Coarse where a picture would be shown by which another comes half a distance, or more, too late.

    Args:
        shown_s: when those that were decoded begin to be shown.
        all_s: the same of all that there are.
    """
    every = sorted(all_s)
    ends = [*sorted(shown_s)[1:], float("inf")]
    for at_s, until_s in zip(sorted(shown_s), ends, strict=True):
        last = bisect_left(every, until_s - 1e-6) - 1
        if last >= 0 and every[last] - at_s > 1 / (2 * pictures.rate):
            raise Coarse
