"""How long a device takes for something."""

from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch

SAMPLE_S = 0.2
"""How long short work is repeated for one sample."""
SAMPLES = 5
LONG_S = 5.0
"""Work that takes longer is done once more, after a first time."""


def seconds(work: Callable[[], object], device: str) -> float:
    """Of one call: the median of some samples, after a first call that counts for none."""
    first = _timed(work, 1, device)
    once = _timed(work, 1, device)
    if first > LONG_S:
        return once
    calls = max(round(SAMPLE_S / once), 1)
    return median(_timed(work, calls, device) / calls for _ in range(SAMPLES))


def _timed(work: Callable[[], object], calls: int, device: str) -> float:
    _wait(device)
    started = perf_counter()
    for _ in range(calls):
        work()
    _wait(device)
    return perf_counter() - started


def _wait(device: str) -> None:
    """Until all that was asked of the device is done."""
    if device != "cpu":
        torch.cuda.synchronize(device)
