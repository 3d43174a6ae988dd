"""What things there are to see, and what they are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]
"""A value for every pixel [h, w], a colour [3, 1, 1], or a picture [3, h, w]: planes go twice as fast as pixels."""


@dataclass(frozen=True, slots=True)
class Paint:
    """How a material looks: `colour(u, v, pulse)` [3, h, w] in the thing's own frame, and how opaque it is."""

    colour: Callable[[Field, Field, float], Field]
    opacity: float = 1.0
    glow: Field | None = None
    smoke: bool = False

    @property
    def reaches_out(self) -> bool:
        """Whether it paints beyond the thing's outline."""
        return self.smoke or self.glow is not None


@dataclass(frozen=True, slots=True)
class Thing:
    """A form, in its own frame of about -1 to 1.

    Args:
        outline: signed distance to the edge, negative inside, of points [h, w].
        trim: what the maker put on it, as a factor [h, w] on its colour.
    """

    outline: Callable[[Field, Field], Field]
    trim: Callable[[Field, Field], Field]


def _ball(u: Field, v: Field) -> Field:
    return np.hypot(u, v) - 0.8


def _seams(u: Field, v: Field) -> Field:
    """The two curved seams of a ball."""
    return 1.0 + 0.9 * (np.abs(np.abs(u) - 0.15 - 0.45 * v * v) < 0.09)


def _bell(u: Field, v: Field) -> Field:
    """A dome that flares to a wide lip, and a clapper."""
    half = np.where(v < 0, 0.5 * np.sqrt(np.clip(1 - (v / 0.9) ** 2, 0, 1)) + 0.02, 0.52 + 0.55 * np.clip(v, 0, 1) ** 2)
    body = np.maximum(np.abs(u) - half, np.maximum(-0.9 - v, v - 0.75)) * 0.8
    return np.minimum(body, np.hypot(u, v - 0.9) - 0.22)


def _bands(u: Field, v: Field) -> Field:
    """The dark lip and clapper of a bell."""
    return 1.0 - 0.75 * ((v > 0.5) | (np.abs(v + 0.15) < 0.06))


def _wheel(u: Field, v: Field) -> Field:
    """A rim, a hub and five spokes, one of them thick, so that its turning shows."""
    r, phi = np.hypot(u, v), np.arctan2(v, u)
    rim = np.abs(r - 0.88) - 0.14
    spoke = np.abs(np.sin(2.5 * phi)) * r / 2.5 - np.where(np.cos(phi) > 0.8, 0.15, 0.07)
    return np.minimum(np.minimum(rim, r - 0.26), np.maximum(spoke, r - 0.9))


def _tyre(u: Field, v: Field) -> Field:
    """The dark tyre of a wheel."""
    return 1.0 - 0.8 * (np.hypot(u, v) > 0.84)


THINGS = {"ball": Thing(_ball, _seams), "bell": Thing(_bell, _bands), "wheel": Thing(_wheel, _tyre)}


def _colour(*channels: float) -> Field:
    """[3, 1, 1], to be spread over a picture [3, h, w]."""
    return np.array(channels, np.float32)[:, None, None]


def _tint(rng: Generator, base: tuple[float, float, float], spread: float) -> Field:
    return _colour(*np.clip(base + rng.uniform(-spread, spread, 3), 0, 1))


def _glass(rng: Generator) -> Paint:
    """See-through, with a bright patch of window light."""
    tint = _tint(rng, (0.75, 0.92, 0.95), 0.08)

    def colour(u: Field, v: Field, pulse: float) -> Field:
        shine = np.exp(-(((u + 0.35) ** 2 + (v + 0.4) ** 2) / 0.05)) + 0.5 * np.exp(
            -(((u - 0.3) ** 2 + (v - 0.3) ** 2) / 0.03)
        )
        return tint + (shine * (1.2 + pulse))

    return Paint(colour, opacity=0.6)


def _metal(rng: Generator) -> Paint:
    """Grey, with bright bands of reflection."""
    tint, phase = _tint(rng, (0.62, 0.63, 0.67), 0.06), rng.uniform(0, 6.28)

    def colour(u: Field, v: Field, pulse: float) -> Field:
        band = np.sin(5.5 * (u + 0.6 * v) + phase)
        sheen = 0.75 + 0.45 * band * band * band + 0.25 * pulse
        return tint * sheen

    return Paint(colour)


def _engine(rng: Generator) -> Paint:
    """Black and yellow hazard stripes, and a puff of exhaust at every event."""
    yellow, wide = _tint(rng, (0.95, 0.75, 0.1), 0.07), rng.uniform(5, 7)

    def colour(u: Field, v: Field, pulse: float) -> Field:
        stripe = np.clip(4 * np.sin(wide * (u + v)) + 0.5, 0, 1)
        return stripe * yellow + 0.1

    return Paint(colour, smoke=True)


def _siren(rng: Generator) -> Paint:
    """Red on one half and blue on the other, glowing at every event."""
    red, blue = _tint(rng, (0.9, 0.12, 0.12), 0.1), _tint(rng, (0.12, 0.2, 0.9), 0.1)

    def colour(u: Field, v: Field, pulse: float) -> Field:
        side = np.clip(0.5 + 6 * u, 0, 1)
        return (red * side + blue * (1 - side)) * (0.75 + 0.6 * pulse)

    return Paint(colour, glow=_colour(1.0, 0.3, 0.3))


PAINTS: dict[str, Callable[[Generator], Paint]] = {
    "glass": _glass,
    "metal": _metal,
    "engine": _engine,
    "siren": _siren,
}
