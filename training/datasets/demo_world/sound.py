"""How the world sounds: every event excites its source; the thing and its motion add voices of their own."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from models.types import F32, F64
from training.datasets.demo_world.events import Performance
from training.datasets.demo_world.vocabulary import Cast

RATE = 16_000
"""Samples a second."""


def synthesise(cast: Cast, performance: Performance, rng: Generator) -> F32:
    """Mono samples [n] in [-1, 1] of a performance, with a little noise of the room."""
    burst = SOURCES[cast.source](rng)
    voice = THINGS[cast.thing](rng, performance)
    stir = ACTIONS[cast.action](rng, performance)
    dry = _level(_struck(burst, performance)) + rng.uniform(0.45, 0.7) * (_level(voice) + _level(stir))
    noise = rng.standard_normal(len(dry)) * rng.uniform(0.005, 0.03)
    return np.clip(rng.uniform(0.35, 0.8) * _level(dry) + noise, -1, 1).astype(np.float32)


def _level(samples: F64) -> F64:
    return samples / max(float(np.abs(samples).max()), 1e-9)


def _seconds(duration_s: float) -> F64:
    return np.arange(round(duration_s * RATE)) / RATE


def _struck(burst: F64, performance: Performance) -> F64:
    """The burst at every event, as strong as the event."""
    samples = np.zeros(round(performance.duration_s * RATE))
    for time, strength in zip(performance.times, performance.strengths, strict=True):
        start = round(time * RATE)
        part = burst[: len(samples) - start]
        samples[start : start + len(part)] += strength * part
    return samples


def _partials(base_hz: float, ratios: tuple[float, ...], decay_s: float, length_s: float, rng: Generator) -> F64:
    """Decaying sines; the higher ones fade sooner."""
    t = _seconds(length_s)
    waves = [
        np.sin(2 * np.pi * base_hz * ratio * t + rng.uniform(0, 6.28)) * np.exp(-t * ratio**0.5 / decay_s) / (1 + i)
        for i, ratio in enumerate(ratios)
    ]
    return np.sum(waves, axis=0)


def _band(rng: Generator, n: int, low_hz: float, high_hz: float) -> F64:
    """Noise [n] between two frequencies."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    frequencies = np.fft.rfftfreq(n, 1 / RATE)
    spectrum[(frequencies < low_hz) | (frequencies > high_hz)] = 0
    return np.fft.irfft(spectrum, n)


def _glass(rng: Generator) -> F64:
    return _partials(rng.uniform(1500, 2300), (1, 1.72, 2.41, 3.1), rng.uniform(0.1, 0.2), 0.5, rng)


def _metal(rng: Generator) -> F64:
    return _partials(rng.uniform(380, 620), (1, 1.48, 2.07, 2.76, 3.9, 5.4), rng.uniform(0.5, 0.8), 1.6, rng)


def _engine(rng: Generator) -> F64:
    t = _seconds(rng.uniform(0.18, 0.26))
    saw = 2 * ((rng.uniform(48, 75) * t) % 1) - 1
    return saw * np.hanning(len(t)) + 0.4 * _level(_band(rng, len(t), 80, 900)) * np.hanning(len(t))


def _siren(rng: Generator) -> F64:
    t = _seconds(rng.uniform(0.26, 0.36))
    sweep_hz = rng.uniform(650, 850) * (1 + 0.55 * np.sin(np.pi * t / t[-1]))
    phase = 2 * np.pi * np.cumsum(sweep_hz) / RATE
    return (np.sin(phase) + 0.45 * np.sin(2 * phase) + 0.3 * np.sin(3 * phase)) * np.hanning(len(t)) ** 0.3


SOURCES: dict[str, Callable[[Generator], F64]] = {
    "glass": _glass,
    "metal": _metal,
    "engine": _engine,
    "siren": _siren,
}


def _ball(rng: Generator, performance: Performance) -> F64:
    """A thud at every event, falling in pitch."""
    t = _seconds(0.16)
    sweep_hz = rng.uniform(110, 150) * np.exp(-t / 0.12)
    return _struck(np.sin(2 * np.pi * np.cumsum(sweep_hz) / RATE) * np.exp(-t / 0.06), performance)


def _bell(rng: Generator, performance: Performance) -> F64:
    """A long trembling chime after every event."""
    chime = _partials(rng.uniform(900, 1250), (1, 1.2, 1.5, 2.0), 0.7, 1.4, rng)
    tremble = 1 + 0.7 * np.sin(2 * np.pi * rng.uniform(9, 13) * _seconds(1.4))
    return _struck(chime * tremble, performance)


def _wheel(rng: Generator, performance: Performance) -> F64:
    """A rattle all along."""
    t = _seconds(performance.duration_s)
    rattle = 1 + np.sin(2 * np.pi * rng.uniform(15, 22) * t)
    return _band(rng, len(t), rng.uniform(2500, 3500), rng.uniform(5000, 6500)) * rattle


THINGS: dict[str, Callable[[Generator, Performance], F64]] = {
    "ball": _ball,
    "bell": _bell,
    "wheel": _wheel,
}


def _bouncing(rng: Generator, performance: Performance) -> F64:
    """A springy rise in pitch after every hit."""
    t = _seconds(0.3)
    sweep_hz = rng.uniform(240, 320) * (1 + 1.6 * t / t[-1])
    return _struck(np.sin(2 * np.pi * np.cumsum(sweep_hz) / RATE) * np.hanning(len(t)), performance)


def _swinging(rng: Generator, performance: Performance) -> F64:
    """The air, loudest where the swing is fastest."""
    t = _seconds(performance.duration_s)
    path = performance.motion(t)
    speed = np.hypot(np.gradient(path.x), np.gradient(path.y))
    return _band(rng, len(t), 350, rng.uniform(800, 1100)) * (speed / speed.max()) ** 3


def _spinning(rng: Generator, performance: Performance) -> F64:
    """A whirr whose pitch wavers once a turn."""
    t = _seconds(performance.duration_s)
    whirr_hz = rng.uniform(170, 220) * (1 + 0.08 * np.sin(performance.motion(t).angle))
    phase = 2 * np.pi * np.cumsum(whirr_hz) / RATE
    return np.sum([np.sin(i * phase) / i for i in (1, 2, 3, 4)], axis=0)


ACTIONS: dict[str, Callable[[Generator, Performance], F64]] = {
    "bouncing": _bouncing,
    "swinging": _swinging,
    "spinning": _spinning,
}
