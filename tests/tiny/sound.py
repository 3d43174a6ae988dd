"""Sound for networks of it."""

import numpy as np

from models.types import F32


def noise(n: int, *, seed: int = 0) -> F32:
    """Samples whose loudness changes, as rows of even noise would all be alike."""
    swell = 0.3 + 0.3 * np.sin(np.arange(n) / 5000)
    return (swell * np.random.default_rng(seed).uniform(-1, 1, n)).astype(np.float32)


def beeps(label: int, *, rate: int, seconds: float, seed: int) -> F32:
    """A quarter of a second of a tone, low, middle or high by its label, somewhere in faint noise."""
    numbers, n, length = np.random.default_rng(seed), round(seconds * rate), rate // 4
    start, hertz = numbers.integers(n - length), (300, 1200, 5000)[label] * numbers.uniform(0.9, 1.1)
    samples = numbers.normal(0, 0.02, n)
    samples[start : start + length] += 0.5 * np.sin(2 * np.pi * hertz * np.arange(length) / rate)
    return samples.astype(np.float32)
