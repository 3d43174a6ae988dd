"""What the time of a request goes into, stage by stage."""

from contextvars import ContextVar
from time import perf_counter_ns
from typing import Literal, NamedTuple, get_args

Stage = Literal["queue", "decode", "backbone", "head", "search", "join"]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""Waiting for a turn; decoding a clip; backbones or text encoder; a bundle's heads; comparing vectors; the answer."""


class Spent(NamedTuple):  # which is made in a third of a frozen dataclass's time
    """A stretch of a request's time; its start is of `perf_counter_ns`."""

    stage: Stage
    start_ns: int
    took_ns: int


Timeline = list[Spent]
"""The stages of one request, as they ended; threads that work for it append to it."""

_timeline: ContextVar[Timeline | None] = ContextVar("timeline", default=None)


def begin() -> Timeline:
    """A timeline for what this context, and threads that anyio starts from it, do from now on."""
    timeline: Timeline = []
    _timeline.set(timeline)
    return timeline


class stage:  # a context manager that people write as a verb; one of contextlib takes three times as long
    """Times what is within it, whether it fails or not; does nothing outside of a request."""

    __slots__ = ("_name", "_start_ns", "_timeline")

    def __init__(self, name: Stage) -> None:
        self._name, self._timeline = name, _timeline.get()

    def __enter__(self) -> None:
        self._start_ns = perf_counter_ns()

    def __exit__(self, *failure: object) -> None:
        if self._timeline is not None:
            self._timeline.append(Spent(self._name, self._start_ns, perf_counter_ns() - self._start_ns))


def spend(name: Stage, *, start_ns: int, took_ns: int) -> None:
    """As `stage`, for time that was measured elsewhere."""
    if (timeline := _timeline.get()) is not None:
        timeline.append(Spent(name, start_ns, took_ns))
