"""What happens in a clip and when: the one latent sequence that sound and picture are both made from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from models.types import F64

FLOOR = 0.62
"""Height of the floor, from -1 (top of the picture) to 1 (bottom)."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Where the thing is, at given times.

    Args:
        x, y: [t] its centre, -1 to 1 across and down the picture.
        angle: [t] radians, clockwise.
        pivot: whether it hangs from a rope at the top.
    """

    x: F64
    y: F64
    angle: F64
    pivot: bool = False


@dataclass(frozen=True, slots=True)
class Performance:
    """The events of a clip, `times` [e] in seconds with `strengths` [e] in (0, 1], and the motion they belong to."""

    duration_s: float
    times: F64
    strengths: F64
    motion: Callable[[F64], Motion]


def bouncing(rng: Generator, duration_s: float) -> Performance:
    """Falls and rises again and again, losing a little height each time; an event is a hit of the floor."""
    period, loss = rng.uniform(0.55, 0.8), rng.uniform(0.84, 0.93)
    gaps = period * loss ** np.arange(64) + 0.04
    times = rng.uniform(0.05, 0.3) + np.concatenate([[0.0], np.cumsum(gaps)])
    strengths = np.maximum(loss ** np.arange(65), 0.25)
    height, x = rng.uniform(0.65, 0.9), rng.uniform(-0.25, 0.25)
    starts = np.concatenate([[times[0] - gaps[0]], times])

    def motion(at: F64) -> Motion:
        index = np.clip(np.searchsorted(starts, at, side="right") - 1, 0, len(starts) - 2)
        span = starts[index + 1] - starts[index]
        phase = (at - starts[index]) / span
        lift = 4 * phase * (1 - phase) * height * (span / span.max()) ** 2
        return Motion(np.full_like(at, x), FLOOR - 0.42 - lift, 0.15 * np.sin(3 * at))

    heard = times < duration_s
    return Performance(duration_s, times[heard], strengths[: len(times)][heard], motion)


def swinging(rng: Generator, duration_s: float) -> Performance:
    """A pendulum; an event is the turn at each end of its swing."""
    period, start = rng.uniform(0.9, 1.5), rng.uniform(0, 1)
    reach = rng.uniform(0.5, 0.75)
    first = (0.25 - start) % 0.5 * period
    times = np.arange(first, duration_s, period / 2)
    rope = 0.9

    def motion(at: F64) -> Motion:
        angle = reach * np.sin(2 * np.pi * (at / period + start))
        return Motion(rope * np.sin(angle), -0.85 + rope * np.cos(angle), -angle, pivot=True)

    return Performance(duration_s, times, np.ones_like(times), motion)


def spinning(rng: Generator, duration_s: float) -> Performance:
    """Turns on the spot; an event is a sixth of a turn."""
    turns_per_s, start = rng.uniform(0.9, 1.4), rng.uniform(0, 1)
    times = np.arange(rng.uniform(0, 0.1), duration_s, 1 / (6 * turns_per_s))
    x, y, sense = rng.uniform(-0.25, 0.25), rng.uniform(-0.2, 0.2), rng.choice([-1.0, 1.0])

    def motion(at: F64) -> Motion:
        angle = sense * 2 * np.pi * (turns_per_s * at + start)
        return Motion(np.full_like(at, x), np.full_like(at, y), angle)

    return Performance(duration_s, times, np.full_like(times, 0.6), motion)


ACTIONS: dict[str, Callable[[Generator, float], Performance]] = {
    "bouncing": bouncing,
    "swinging": swinging,
    "spinning": spinning,
}
