"""How fast backbones are: seconds and memory for a window of noise, each in a process of its own."""

import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from models.errors import BackboneOverrun, QueryInvalid
from models.features.backbone import Backbone
from models.features.card import BackboneCard
from models.types import Sense
from sightsound.encoder_checks import noise
from sightsound.encoder_listing import read


@dataclass(frozen=True, slots=True)
class Speed:
    """What a window of so many seconds costs a backbone.

    Args:
        best_s, median_s: of the runs after a first one, which is not counted.
        real_time_factor: the median by the window's length; below 1 is faster than the clip plays.
        memory_bytes: the most that the process held at once, the graph and the window included.
    """

    name: str
    sense: Sense
    window_s: float
    threads: int
    runs: int
    best_s: float
    median_s: float
    real_time_factor: float
    memory_bytes: int


def bench(place: Path, *, window_s: float, runs: int, threads: int) -> Speed:
    """Measure the backbone of a folder in a fresh process, so that its memory is its own.

    Raises:
        QueryInvalid: it is a text encoder.
        BundleInvalid: it cannot be opened or run.
        BackboneOverrun: its process died, as of too little memory.
    """
    card = read(place)
    if not isinstance(card, BackboneCard):
        raise QueryInvalid(f"{card.ref} is a text encoder; only backbones have a speed for clips")
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(measure, place, window_s=window_s, runs=runs, threads=threads).result()
    except BrokenProcessPool as error:
        said = f"the process that ran {card.ref} on {window_s:g} s died, as it does of too little memory"
        raise BackboneOverrun(said) from error


def measure(place: Path, *, window_s: float, runs: int, threads: int) -> Speed:
    """As `bench`, in this process."""
    backbone = Backbone.open(place, threads=threads)
    window = noise(backbone.card.takes, window_s)
    backbone.feature(window)
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        backbone.feature(window)
        seconds.append(time.perf_counter() - started)
    return Speed(
        name=backbone.card.ref,
        sense=backbone.card.sense,
        window_s=window_s,
        threads=threads,
        runs=runs,
        best_s=min(seconds),
        median_s=median(seconds),
        real_time_factor=median(seconds) / window_s,
        memory_bytes=_peak_bytes(),
    )


def _peak_bytes() -> int:
    """What this process has held at most.

    Linux tells a process's own peak apart from the one that `getrusage` has it inherit from whoever started it.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
