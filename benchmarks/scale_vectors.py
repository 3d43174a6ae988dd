"""A vector table of so many generated windows: built, kept, opened and searched, each in a process of its own."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from time import perf_counter, process_time, thread_time
from typing import NamedTuple, TypeVar

import numpy as np

from benchmarks.million_phases import PROCESSES, peak_mib
from benchmarks.peers_store import K
from benchmarks.peers_task import Task
from benchmarks.scale_constants import Spread, TableAt, TableKind, short
from index.vectors import snapshot
from index.vectors.building import build
from index.vectors.faiss_store import FaissIndex
from index.vectors.kinds import IndexOptions
from index.vectors.recall import Truth
from index.vectors.scan import threads
from index.vectors.snapshot import Identity
from models.types import F32, Metric

BUILT_BY, HELD_OUT = 1000, 1000
"""Queries that building measures its recall by, and others that are asked afterwards."""
JUDGED = 200
"""Of those held out, by which recall is measured."""
ASKING_S = 2.0
TOGETHER = 16
IDENTITY = Identity(space="0" * 64, gallery="scale", generation=1)
Answer = TypeVar("Answer")


class Built(NamedTuple):
    """What building took of processors and held at most beyond what was there before; and keeping, by the clock."""

    built_s: float
    held_bytes: int
    written_s: float


class Asked(NamedTuple):
    """How long opening a table took, and its searches."""

    opened_s: float
    recall: float
    one: Spread
    of_sixteen_s: float


def alone(work: Callable[..., Answer], *given: object) -> Answer:
    """What a piece of work answers, done by a process of its own."""
    with ProcessPoolExecutor(1, mp_context=PROCESSES) as process:
        return process.submit(work, *given).result()


def drawn(folder: Path, windows: int) -> Path:
    """The folder, with vectors and queries of that many windows as files that the processes share."""
    vectors, queries = Task(windows, BUILT_BY + HELD_OUT).drawn()
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "queries.npy", queries)
    return folder


def table_at(folder: Path, kind: TableKind, windows: int) -> TableAt:
    """All that is measured of a kind with the vectors drawn into a folder."""
    place = folder / kind
    made, asked = alone(_built, folder, place, kind), alone(_asked, folder, place)
    disk_bytes = sum(each.stat().st_size for each in place.iterdir())
    rmtree(place)
    return TableAt(kind=kind, windows=windows, disk_bytes=disk_bytes, **made._asdict(), **asked._asdict())


def _built(folder: Path, place: Path, kind: TableKind) -> Built:
    vectors, queries = _vectors(folder), np.load(folder / "queries.npy")[:BUILT_BY]
    ids, before = np.arange(1, len(vectors) + 1), resident_bytes()
    _forget_peak()
    started = process_time()
    found = build(ids, vectors, metric=Metric.EUCLIDEAN, queries=queries, options=IndexOptions(kind=kind))
    built_s, held = process_time() - started, round(1024**2 * peak_mib()) - before
    if found.report.kind != kind:
        raise ValueError(f"{kind} was asked for: {found.report.reason}")
    started = perf_counter()
    snapshot.write(found.index, place, identity=IDENTITY, position=0, report=found.report)
    return Built(short(built_s), held, short(perf_counter() - started))


def _asked(folder: Path, place: Path) -> Asked:
    started = perf_counter()
    index = snapshot.read(place, IDENTITY).index
    opened_s = perf_counter() - started
    assert isinstance(index, FaissIndex), "FAISS is installed where it is measured"
    queries = np.load(folder / "queries.npy")[BUILT_BY:]
    sealed = index.parts[0]
    truth = Truth(replace(sealed, structure=None), queries[:JUDGED], K)
    with threads(1):
        together = _spread(lambda row: index.search(_some(queries, row), K), len(queries))
        one = _spread(lambda row: index.search(queries[row : row + 1], K), len(queries))
    return Asked(short(opened_s), truth.recall(sealed), one, short(together.mean / TOGETHER))


def _vectors(folder: Path) -> F32:
    """As a plain array, for a memmap is slow to slice."""
    return np.asarray(np.load(folder / "vectors.npy", mmap_mode="r"))


def _some(queries: F32, row: int) -> F32:
    start = row * TOGETHER % (len(queries) - TOGETHER)
    return queries[start : start + TOGETHER]


def _spread(ask: Callable[[int], object], most: int) -> Spread:
    """The processor's seconds of each call, warm: of as many as ASKING_S allows, at least ten."""
    seconds: list[float] = []
    for row in range(5):
        ask(row)
    until = perf_counter() + ASKING_S
    while len(seconds) < 10 or (len(seconds) < most and perf_counter() < until):
        started = thread_time()
        ask(len(seconds) % most)
        seconds.append(thread_time() - started)
    return Spread.of(seconds)


def _forget_peak() -> None:
    """What this process has held at most is counted from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def resident_bytes() -> int:
    """What this process holds in memory now."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))
