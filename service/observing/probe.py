"""Live searches compared with exact ones, beside: what the recall of each route is now, on what people ask."""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Full, Queue
from threading import Event, Lock, Thread
from time import monotonic, thread_time

from index.generations import Generation
from index.probing import is_approximate, recall
from models.errors import SightsoundError
from models.types import F32

AT = 10
KEPT = 500
"""Comparisons of a route that its recall is the mean of, at most."""
FADES_S = 3600.0
"""A comparison counts for so long."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """The mean recall of a route at AT over the latest comparisons, so many of them; the last of them so long ago."""

    gallery: str
    route: str
    generation: int
    recall: float
    samples: int
    age_s: float


@dataclass(frozen=True, slots=True)
class _Asked:
    gallery: str
    generation: Generation
    route: str
    query: F32


@dataclass
class _Series:
    """The comparisons of a route of one generation: when each was made, and what it found."""

    generation: int
    made: "deque[tuple[float, float]]" = field(default_factory=lambda: deque(maxlen=KEPT))


class Probe:
    """Takes one query at a time from those that are offered, and a `share` of one core at most; close it.

    Whatever is offered while it is at work, or rests so as to keep to its share, is passed over. Tables that look at
    every vector are never compared, as nothing can be missing, and neither are those in Milvus. 0 turns it off.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._asked: Queue[_Asked | None] = Queue(maxsize=1)
        self._is_free = share > 0
        self._leaving, self._lock = Event(), Lock()
        self._series: dict[tuple[str, str], _Series] = {}
        self._thread: Thread | None = None
        self.compared = 0

    def offer(self, gallery: str, generation: Generation, *, route: str, queries: F32) -> None:
        """Query vectors [q, dim] that are searched with, among all windows; the first may be compared."""
        if self._is_free and is_approximate(generation.table(route)):
            self._is_free = False
            self._start()
            self._put(_Asked(gallery, generation, route, queries[:1].copy()))

    def readings(self) -> tuple[Reading, ...]:
        """What is known of each route that was compared of late, in the order of their names."""
        with self._lock:
            return tuple(_readings(self._series, monotonic()))

    def close(self) -> None:
        """End, after the comparison that it is at."""
        self._is_free = False
        self._leaving.set()
        self._put(None)
        if self._thread is not None:
            self._thread.join()

    def _put(self, asked: _Asked | None) -> None:
        with suppress(Full):
            self._asked.put_nowait(asked)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._work, name="recall-probe", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None and not self._leaving.is_set():
            before_s = thread_time()
            self._compare(asked)
            del asked  # a generation that is given up meanwhile may go
            took_s = thread_time() - before_s
            if self._leaving.wait(took_s * (1 / self._share - 1)):
                return
            self._is_free = True

    def _compare(self, asked: _Asked) -> None:
        try:
            found = recall(asked.generation.table(asked.route), asked.route, asked.query, at=AT)
        except SightsoundError as error:
            log.warning("the recall of %r in %r cannot be probed: %s", asked.route, asked.gallery, error)
            return
        if found is not None:
            self._keep(asked, found)

    def _keep(self, asked: _Asked, found: float) -> None:
        key, number = (asked.gallery, asked.route), asked.generation.number
        with self._lock:
            known = self._series.get(key)
            if known is None or known.generation != number:
                known = self._series[key] = _Series(number)
            known.made.append((monotonic(), found))
            self.compared += 1


def _readings(series: dict[tuple[str, str], _Series], now_s: float) -> Iterator[Reading]:
    for (gallery, route), known in sorted(series.items()):
        fresh = [each for each in known.made if now_s - each[0] < FADES_S]
        if fresh:
            yield Reading(
                gallery=gallery,
                route=route,
                generation=known.generation,
                recall=sum(each for _, each in fresh) / len(fresh),
                samples=len(fresh),
                age_s=now_s - fresh[-1][0],
            )
