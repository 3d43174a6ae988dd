"""Sound for networks of it."""

import numpy as np

from models.types import F32


def noise(n: int, *, seed: int = 0) -> F32:
    """Samples whose loudness changes, as rows of even noise would all be alike."""
    swell = 0.3 + 0.3 * np.sin(np.arange(n) / 5000)
    return (swell * np.random.default_rng(seed).uniform(-1, 1, n)).astype(np.float32)
