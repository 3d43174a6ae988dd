"""Clips to write into a catalog."""

from index.clips import Clip
from models.types import Window


def clip(number: int, *, windows: int = 1) -> Clip:
    """A clip that is told from others by its number, of so many windows, with no features."""
    return Clip(
        id=f"{number:016x}",
        name=f"{number}.mp4",
        labels=(f"label {number % 3}", "thing")[: number % 3],
        media_type="video/mp4",
        size_bytes=number,
        sha256=f"{number:064x}",
        duration_s=2.0 * windows,
        windows=tuple(Window(2.0 * i, 2.0 * i + 2) for i in range(windows)),
        senses=frozenset(),
        metadata={"number": number, "of": ["ünï", {"half": number / 3, "even": number % 2 == 0, "none": None}]},
        added_at=1.7e9 + number / 7,
    )
