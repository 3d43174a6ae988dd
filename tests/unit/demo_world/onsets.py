"""When sounds set in, read off samples: an oracle that knows nothing of how they were made."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.types import F32, F64
from training.datasets.demo_world.sound import RATE

HOP, SIZE = 160, 400
QUIET = 1e-3


def onset_lag_s(samples: F32, times: F64, *, reach_s: float) -> float:
    """How long after `times` the sound sets in, of all lags up to `reach_s` the one with the most new energy."""
    lags = np.arange(-reach_s, reach_s + 0.005, 0.01)
    flux = spectral_flux(samples)
    at = ((np.arange(len(flux)) + 1) * HOP + SIZE / 2) / RATE
    return float(lags[np.argmax([np.interp(times + lag, at, flux).mean() for lag in lags])])


def spectral_flux(samples: F32) -> F64:
    """How much louder the frequencies became since 10 ms before, summed: [t]."""
    frames = sliding_window_view(samples, SIZE)[::HOP] * np.hanning(SIZE)
    power = np.log(np.abs(np.fft.rfft(frames)) ** 2 + QUIET)
    flux: F64 = np.maximum(np.diff(power, axis=0), 0).sum(axis=1)
    return flux
