"""How long single queries take: one right after the other, or at a steady rate as a server's clients ask."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from time import perf_counter, sleep

import numpy as np

from models.types import F32

Ask = Callable[[F32], object]
"""Answers one query [1, dim]."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Of so many queries: what half of them took at most, and 99 of 100."""

    queries: int
    p50_ms: float
    p99_ms: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Latency":
        """Of the seconds that each took."""
        p50_ms, p99_ms = (1000 * np.quantile(seconds, each) for each in (0.5, 0.99))
        return cls(len(seconds), float(p50_ms), float(p99_ms))

    def __str__(self) -> str:
        return f"p50 {self.p50_ms:.2f} ms, p99 {self.p99_ms:.2f}"


def in_turn(ways: Sequence[Ask], queries: F32, *, passes: int) -> list[Latency]:
    """Of each way, given all queries [q, dim] so many times; it never finds warm what the one before it just read."""
    seconds: list[list[float]] = [[] for _ in ways]
    apart = len(queries) // len(ways)
    for i in range(passes * len(queries)):
        for turn, (way, its) in enumerate(zip(ways, seconds, strict=True)):
            row = (i + turn * apart) % len(queries)
            its.append(_timed(way, queries[row : row + 1]))
    return [Latency.of(each) for each in seconds]


def paced(ask: Ask, queries: F32, *, rate: float, over: Callable[[], bool]) -> Latency:
    """So many queries a second until it is over, at least one; one that comes late does not make the next ones late."""
    seconds: list[float] = []
    due, again = perf_counter(), cycle(queries[:, None])
    while not seconds or not over():
        due = max(due + 1 / rate, perf_counter() - 1 / rate)
        sleep(max(due - perf_counter(), 0))
        seconds.append(_timed(ask, next(again)))
    return Latency.of(seconds)


def _timed(ask: Ask, query: F32) -> float:
    started = perf_counter()
    ask(query)
    return perf_counter() - started
