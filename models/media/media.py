"""Decoded sound and pictures, and how a backbone asks for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from models.media.decoding.holes import WHOLE, Holes
from models.types import F32, U8, Absence, Sense, Window

A = TypeVar("A", F32, U8)


@dataclass(frozen=True, slots=True)
class SoundSpec:
    """Mono samples in [-1, 1] at `rate` samples a second."""

    rate: int

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # a card that asks for more than this is refused

    def __post_init__(self) -> None:
        if self.rate < 1:
            raise ValueError(f"sound needs at least 1 sample a second, found {self.rate}")


@dataclass(frozen=True, slots=True)
class FrameSpec:
    """RGB frames, `rate` a second: the shorter side scaled to `shorter_side`, the central `size` x `size` kept."""

    rate: float
    size: int
    shorter_side: int

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    def __post_init__(self) -> None:
        if not (self.rate > 0 and 0 < self.size <= self.shorter_side):
            raise ValueError(f"frames need rate > 0 and 0 < size <= shorter_side, found {self}")


@dataclass(frozen=True, slots=True)
class Media:
    """What was decoded of a file or of a window of it.

    Args:
        duration_s: length in seconds, of the longer of sound and pictures.
        samples: [n] float32 at `sound.rate`, None where the file has no (usable) sound.
        frames: [t, size, size, 3] uint8 RGB, evenly spaced in time, frame i shown at i / `pictures.rate`
            seconds; None where the file has no pictures.
        sound, pictures: what was asked for.
        absent: of each sense that is not there, why.
        holes: what could not be decoded of it; silence stands where that was sound.
    """

    duration_s: float
    sound: SoundSpec
    pictures: FrameSpec
    samples: F32 | None
    frames: U8 | None
    absent: Mapping[Sense, Absence] = field(default_factory=dict)
    holes: Holes = WHOLE

    @property
    def senses(self) -> frozenset[Sense]:
        """Which of sound and pictures are there."""
        found: set[Sense] = set()
        if self.samples is not None:
            found.add("audio")
        if self.frames is not None:
            found.add("video")
        return frozenset(found)

    def cut(self, window: Window) -> "Media":
        """The part of it inside a window; sound that is silent there, or was not decoded, is absent."""
        holes, duration_s = self.holes.within(window), window.end_s - window.start_s
        samples, frames = _part(self.samples, window, self.sound.rate), _part(self.frames, window, self.pictures.rate)
        unheard = None if samples is None else holes.why_unheard(samples, rate=self.sound.rate, duration_s=duration_s)
        absent: dict[Sense, Absence] = {}
        if samples is None or unheard is not None:
            absent["audio"] = unheard or self.absent.get("audio") or holes.why_nothing("audio")
        if frames is None:
            absent["video"] = self.absent.get("video") or holes.why_nothing("video")
        return Media(
            duration_s=duration_s,
            sound=self.sound,
            pictures=self.pictures,
            samples=None if unheard else samples,
            frames=frames,
            absent=absent,
            holes=holes,
        )


def _part(values: A | None, window: Window, rate: float) -> A | None:
    if values is None:
        return None
    part = values[round(window.start_s * rate) : max(round(window.end_s * rate), round(window.start_s * rate) + 1)]
    return part if len(part) else None
