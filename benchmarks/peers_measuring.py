"""One peer measured in a process of its own: how long it builds, what it holds, and how fast it answers."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from benchmarks.peers_store import Ask, K, Peer, Step
from benchmarks.peers_task import Task, farthest, recall
from models.types import F32, F64, I64

TARGETS = (0.95, 0.99)
"""The recalls at 10 that are asked for."""

WARMING = 50
"""Queries before any is timed."""

PASSES = 3
"""Over all queries, once a setting is chosen."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast one client is answered, one query after the other, at the first setting that reaches the target.

    Where none does it is the most thorough one. Times are of single queries; `qps` is 1 over their mean.
    """

    target: float
    step: Step
    recall: float
    qps: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found of one peer.

    Args:
        build_s: from an empty store to the first answer.
        memory_mib: by how much its process and all that it started grew, from an empty store to the last answer.
    """

    peer: str
    vectors: int
    build_s: float
    memory_mib: float
    speeds: tuple[Speed, ...]


def measured(peer: Peer, task: Task) -> Measured:
    """The same in a new process, so that memory is the peer's alone; raises what fails in it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        return alone.submit(measure, peer, task).result()


def measure(peer: Peer, task: Task) -> Measured:
    """What is found of a peer, in this process."""
    vectors, queries = task.drawn()
    limits = farthest(vectors, queries, min(K, task.vectors))
    with TemporaryDirectory() as folder, peer.opened(Path(folder)) as store:
        before, started = resident_mib(), perf_counter()
        store.build(vectors)
        store.asking(store.steps()[-1])(queries[0])
        build_s = perf_counter() - started
        speeds = []
        for target in TARGETS:
            for step in store.steps():
                ask = store.asking(step)
                reached = recall(_answers(ask, queries), limits, queries=queries, vectors=vectors)
                if reached >= target:
                    break
            speeds.append(_speed(ask, queries, target=target, step=step, reached=reached))
        return Measured(str(peer), task.vectors, build_s, resident_mib() - before, tuple(speeds))


def _answers(ask: Ask, queries: F32) -> I64:
    """[q, 10]; -1 pads."""
    found = np.full((len(queries), K), -1, np.int64)
    for row, query in zip(found, queries, strict=True):
        ids = ask(query)
        row[: len(ids)] = ids
    return found


def _speed(ask: Ask, queries: F32, *, target: float, step: Step, reached: float) -> Speed:
    for query in queries[:WARMING]:
        ask(query)
    taken = _seconds(ask, queries)
    p50_ms, p99_ms = (1000 * np.quantile(taken, each) for each in (0.5, 0.99))
    return Speed(target, step, reached, float(1 / taken.mean()), float(p50_ms), float(p99_ms))


def _seconds(ask: Ask, queries: F32) -> F64:
    """[passes * q] of each query."""
    moments = [perf_counter()]
    for _ in range(PASSES):
        for query in queries:
            ask(query)
            moments.append(perf_counter())
    return np.diff(moments)


def resident_mib() -> float:
    """What this process and those that it started, and they, hold in memory."""
    return sum(_resident_kib(each) for each in _family(os.getpid())) / 1024


def _family(process: int) -> Iterator[int]:
    yield process
    with suppress(FileNotFoundError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _family(int(child))


def _resident_kib(process: int) -> int:
    with suppress(FileNotFoundError):
        lines: Sequence[str] = Path(f"/proc/{process}/status").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return 0
