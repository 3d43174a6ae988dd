"""How the world looks: a thing of some material, moved by the performance before a background of its own."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from models.types import U8
from training.datasets.demo_world.events import FLOOR, Performance
from training.datasets.demo_world.looks import PAINTS, THINGS, Field, Paint, Thing
from training.datasets.demo_world.vocabulary import Cast

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
    grain = rng.standard_normal((SIZE, SIZE), np.float32) * 0.008
    frames = np.empty((len(times), SIZE, SIZE, 3), np.uint8)
    for i, time in enumerate(times):
        pulse = _pulse(time, performance)
        canvas = backdrop.copy()
        pose = Pose(float(motion.x[i]), float(motion.y[i]), float(motion.angle[i]), radius, stretch)
        if motion.pivot:
            _rope(canvas, pose)
        _place(canvas, thing, paint, pose=pose, pulse=pulse)
        canvas += np.roll(grain, int(rng.integers(SIZE * SIZE)))
        frames[i] = (canvas.clip(0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    return frames


_AXIS = (np.arange(SIZE, dtype=np.float32) + 0.5) / SIZE * 2 - 1
_X, _Y = np.meshgrid(_AXIS, _AXIS)
_PIXEL = 2 / SIZE


def _pulse(time: float, performance: Performance) -> float:
    """How fresh the last event is: 1 at the event, fading within a fifth of a second."""
    past = performance.times[performance.times <= time + 1e-6]
    return float(np.exp(-(time - past[-1]) / 0.12)) if len(past) else 0.0


def _backdrop(rng: Generator) -> Field:
    """A softly lit wall and a floor of muted colours, [3, SIZE, SIZE]."""
    wall, floor = _muted(rng, rng.uniform(0.45, 0.85)), _muted(rng, rng.uniform(0.25, 0.6))
    lamp_x, lamp_y = rng.uniform(-0.8, 0.8), rng.uniform(-1.0, 0.0)
    light = 0.8 + 0.35 * np.exp(-((_X - lamp_x) ** 2 + (_Y - lamp_y) ** 2) / rng.uniform(0.6, 1.6))
    below = np.clip((_Y - FLOOR) / _PIXEL, 0, 1)
    return ((wall + (floor - wall) * below) * light).astype(np.float32)


def _muted(rng: Generator, lightness: float) -> Field:
    """A colour near grey, [3, 1, 1]."""
    return (lightness + rng.uniform(-0.14, 0.14, (3, 1, 1))).astype(np.float32)


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
    canvas += (0.15 - canvas) * cover


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
    part = canvas[:, *box]
    if paint.glow is not None:
        halo = np.exp(-np.maximum(outline, 0) / 0.22) * pulse * 0.8
        part += (paint.glow - part) * halo
    colour = paint.colour(u, v, pulse) * thing.trim(u, v) - 0.3 * rim
    part += (colour - part) * (cover * np.maximum(paint.opacity, rim))
    if paint.smoke:
        puff = np.exp(-(((dx - 0.9) ** 2 + (dy + 1.1 + 0.5 * (1 - pulse)) ** 2) / 0.12)) * pulse
        part += (0.2 - part) * puff


def _box(x: float, y: float, reach: float) -> tuple[slice, slice]:
    """The rows and columns of the picture within reach of a point; drawing there alone is four times as fast."""

    def span(centre: float) -> slice:
        low, high = ((centre + side * reach + 1) / 2 * SIZE for side in (-1, 1))
        return slice(int(np.clip(low, 0, SIZE - 1)), int(np.clip(high, 1, SIZE)) + 1)

    return span(y), span(x)
