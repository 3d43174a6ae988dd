"""When sounds set in, read off samples: an oracle that knows nothing of how they were made."""

from collections.abc import Iterable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.types import F32, F64
from training.datasets.demo_world.sound import RATE

HOP, SIZE = 160, 400
QUIET = 0.1
"""Power below which a frequency counts as silent: about that of the room's noise."""


def onset_lag_s(performances: Iterable[tuple[F32, F64]], *, reach_s: float) -> float:
    """How long after its instants a sound sets in, of all lags up to `reach_s` the one with the most new energy.

    Several performances (samples, instants) of one class: a rattle's or the wind's own onsets come at any lag.
    """
    lags = np.arange(-reach_s, reach_s + 0.005, 0.01)
    return float(lags[np.argmax(np.sum([_new_energy(*each, lags) for each in performances], axis=0))])


def _new_energy(samples: F32, times: F64, lags: F64) -> F64:
    """[lags] the mean over the instants that lie far enough inside the clip."""
    flux = spectral_flux(samples)
    at = ((np.arange(len(flux)) + 1) * HOP + SIZE / 2) / RATE
    inside = times[(times + lags[0] >= 0) & (times + lags[-1] <= at[-1])]
    found: F64 = np.interp(inside[:, None] + lags, at, flux).mean(axis=0)
    return found


def spectral_flux(samples: F32) -> F64:
    """How much louder the frequencies became since 10 ms before, summed: [t]."""
    frames = sliding_window_view(samples, SIZE)[::HOP] * np.hanning(SIZE)
    power = np.log(np.abs(np.fft.rfft(frames)) ** 2 + QUIET)
    flux: F64 = np.maximum(np.diff(power, axis=0), 0).sum(axis=1)
    return flux
