"""How the world looks: a thing of some material, moved by the performance before a background of its own."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.types import U8
from training.datasets.demo_world.events import FLOOR, Performance
from training.datasets.demo_world.vocabulary import Cast

Field = NDArray[np.floating[Any]]
"""A value for every pixel, or a colour [3]."""

SIZE = 96
"""Pixels a side."""
RATE = 12
"""Frames a second."""


def draw(cast: Cast, performance: Performance, rng: Generator) -> U8:
    """Frames [t, SIZE, SIZE, 3] RGB of a performance."""
    times = np.arange(round(performance.duration_s * RATE)) / RATE
    motion = performance.motion(times)
    thing, paint = THINGS[cast.thing], PAINTS[cast.source](rng)
    radius, stretch = rng.uniform(0.4, 0.52), rng.uniform(0.88, 1.12)
    backdrop = _backdrop(rng)
    grain = rng.standard_normal((SIZE, SIZE, 1), np.float32) * 0.008
    frames = np.empty((len(times), SIZE, SIZE, 3), np.uint8)
    for i, time in enumerate(times):
        pulse = _pulse(time, performance)
        canvas = backdrop.copy()
        pose = Pose(float(motion.x[i]), float(motion.y[i]), float(motion.angle[i]), radius, stretch)
        if motion.pivot:
            _rope(canvas, pose)
        _place(canvas, thing, paint, pose=pose, pulse=pulse)
        canvas += np.roll(grain, int(rng.integers(SIZE * SIZE)))
        frames[i] = (np.clip(canvas, 0, 1) * 255).astype(np.uint8)
    return frames


_AXIS = (np.arange(SIZE, dtype=np.float32) + 0.5) / SIZE * 2 - 1
_X, _Y = np.meshgrid(_AXIS, _AXIS)
_PIXEL = 2 / SIZE


def _pulse(time: float, performance: Performance) -> float:
    """How fresh the last event is: 1 at the event, fading within a fifth of a second."""
    past = performance.times[performance.times <= time + 1e-6]
    return float(np.exp(-(time - past[-1]) / 0.12)) if len(past) else 0.0


def _backdrop(rng: Generator) -> Field:
    """A softly lit wall and a floor of muted colours, [SIZE, SIZE, 3]."""
    wall, floor = _muted(rng, rng.uniform(0.45, 0.85)), _muted(rng, rng.uniform(0.25, 0.6))
    lamp_x, lamp_y = rng.uniform(-0.8, 0.8), rng.uniform(-1.0, 0.0)
    light = 0.8 + 0.35 * np.exp(-((_X - lamp_x) ** 2 + (_Y - lamp_y) ** 2) / rng.uniform(0.6, 1.6))
    below = np.clip((_Y - FLOOR) / _PIXEL, 0, 1)[..., None]
    return ((wall + (floor - wall) * below) * light[..., None]).astype(np.float32)


def _muted(rng: Generator, lightness: float) -> Field:
    """A colour near grey, [3]."""
    return (lightness + rng.uniform(-0.14, 0.14, 3)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the thing is in one frame, how it is turned (radians), how large and how wide for its height."""

    x: float
    y: float
    angle: float
    radius: float
    stretch: float


def _rope(canvas: Field, pose: Pose) -> None:
    """A rope from the top of the picture to the thing."""
    along = np.clip((_Y + 1) / max(pose.y + 1, 1e-3), 0, 1)
    cover = np.clip(1.5 - np.abs(_X - along * pose.x) / _PIXEL, 0, 1) * (pose.y > _Y)
    canvas += (0.15 - canvas) * cover[..., None]


@dataclass(frozen=True, slots=True)
class Paint:
    """How a material looks: `colour(u, v, pulse)` [h, w, 3] in the thing's own frame, and how opaque it is."""

    colour: Callable[[Field, Field, float], Field]
    opacity: float = 1.0
    glow: tuple[float, float, float] = (0, 0, 0)
    smoke: bool = False

    @property
    def reaches_out(self) -> bool:
        """Whether it paints beyond the thing's outline."""
        return self.smoke or any(self.glow)


@dataclass(frozen=True, slots=True)
class Thing:
    """A form, in its own frame of about -1 to 1.

    Args:
        outline: signed distance to the edge, negative inside, of points [h, w].
        trim: what the maker put on it, as a factor [h, w] on its colour.
    """

    outline: Callable[[Field, Field], Field]
    trim: Callable[[Field, Field], Field]


def _place(canvas: Field, thing: Thing, paint: Paint, *, pose: Pose, pulse: float) -> None:
    """Paint the thing, and what its source gives off at an event."""
    box = _box(pose.x, pose.y, pose.radius * (1.9 if paint.reaches_out else 1.25))
    dx, dy = (_X[box] - pose.x) / pose.radius, (_Y[box] - pose.y) / pose.radius
    cos, sin = math.cos(pose.angle), math.sin(pose.angle)
    u, v = (cos * dx + sin * dy) / pose.stretch, cos * dy - sin * dx
    outline = thing.outline(u, v)
    edge = _PIXEL / pose.radius
    cover = np.clip(0.5 - outline / edge, 0, 1)
    rim = np.exp(-(((outline + 1.5 * edge) / (1.5 * edge)) ** 2))
    part = canvas[box]
    if any(paint.glow):
        halo = np.exp(-np.maximum(outline, 0) / 0.22) * pulse * 0.8
        part += (np.asarray(paint.glow, np.float32) - part) * halo[..., None]
    colour = paint.colour(u, v, pulse) * thing.trim(u, v)[..., None] - 0.3 * rim[..., None]
    part += (colour - part) * (cover * np.maximum(paint.opacity, rim))[..., None]
    if paint.smoke:
        puff = np.exp(-(((dx - 0.9) ** 2 + (dy + 1.1 + 0.5 * (1 - pulse)) ** 2) / 0.12)) * pulse
        part += (0.2 - part) * puff[..., None]


def _box(x: float, y: float, reach: float) -> tuple[slice, slice]:
    """The rows and columns of the picture within reach of a point; drawing there alone is four times as fast."""

    def span(centre: float) -> slice:
        low, high = ((centre + side * reach + 1) / 2 * SIZE for side in (-1, 1))
        return slice(int(np.clip(low, 0, SIZE - 1)), int(np.clip(high, 1, SIZE)) + 1)

    return span(y), span(x)


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


def _tint(rng: Generator, base: tuple[float, float, float], spread: float) -> Field:
    return np.clip(np.asarray(base) + rng.uniform(-spread, spread, 3), 0, 1).astype(np.float32)


def _glass(rng: Generator) -> Paint:
    """See-through, with a bright patch of window light."""
    tint = _tint(rng, (0.75, 0.92, 0.95), 0.08)

    def colour(u: Field, v: Field, pulse: float) -> Field:
        shine = np.exp(-(((u + 0.35) ** 2 + (v + 0.4) ** 2) / 0.05)) + 0.5 * np.exp(
            -(((u - 0.3) ** 2 + (v - 0.3) ** 2) / 0.03)
        )
        return tint + (shine * (1.2 + pulse))[..., None]

    return Paint(colour, opacity=0.6)


def _metal(rng: Generator) -> Paint:
    """Grey, with bright bands of reflection."""
    tint, phase = _tint(rng, (0.62, 0.63, 0.67), 0.06), rng.uniform(0, 6.28)

    def colour(u: Field, v: Field, pulse: float) -> Field:
        band = np.sin(5.5 * (u + 0.6 * v) + phase)
        sheen = 0.75 + 0.45 * band * band * band + 0.25 * pulse
        return tint * sheen[..., None]

    return Paint(colour)


def _engine(rng: Generator) -> Paint:
    """Black and yellow hazard stripes, and a puff of exhaust at every event."""
    yellow, wide = _tint(rng, (0.95, 0.75, 0.1), 0.07), rng.uniform(5, 7)

    def colour(u: Field, v: Field, pulse: float) -> Field:
        stripe = np.clip(4 * np.sin(wide * (u + v)) + 0.5, 0, 1)
        return stripe[..., None] * yellow + 0.1

    return Paint(colour, smoke=True)


def _siren(rng: Generator) -> Paint:
    """Red on one half and blue on the other, glowing at every event."""
    red, blue = _tint(rng, (0.9, 0.12, 0.12), 0.1), _tint(rng, (0.12, 0.2, 0.9), 0.1)

    def colour(u: Field, v: Field, pulse: float) -> Field:
        side = np.clip(0.5 + 6 * u, 0, 1)[..., None]
        return (red * side + blue * (1 - side)) * (0.75 + 0.6 * pulse)

    return Paint(colour, glow=(1.0, 0.3, 0.3))


PAINTS: dict[str, Callable[[Generator], Paint]] = {
    "glass": _glass,
    "metal": _metal,
    "engine": _engine,
    "siren": _siren,
}
