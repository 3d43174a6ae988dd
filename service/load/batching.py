"""Searches of one gallery by several requests, compared with its vectors together."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter_ns

import numpy as np

from index.clips import Hit
from index.gallery import Gallery
from index.generations import Generation
from index.searching import Search
from models.cores import cores
from models.types import F32
from service.observing.stages import spend

WINDOW_S = 0.002
"""How long a search waits for others at most, once one of the `at_once` is free; none waits where none is at work."""
MOST_ROWS = 64
"""Query vectors that are compared together at most."""

MOST_THREADS = 32
"""They are started as they are needed, and quicker to hand work to than those that other requests run in."""

Found = Sequence[Sequence[Hit]]
Kind = tuple[object, ...]


class Batching:
    """Where requests have their query vectors compared; `search` is awaited on the server's loop.

    A search that meets no other of its kind is done at once. What comes meanwhile is done together when that is over,
    or after WINDOW_S, or when it is MOST_ROWS; at most `at_once` of a kind are at work. What fails together is done
    again one by one, so that nobody fails by another's query. `sizes` counts how many searches each turn was for.
    """

    def __init__(self, *, at_once: int | None = None) -> None:
        self.sizes: Counter[int] = Counter()
        self._threads = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="search")
        self._at_once = at_once or cores()
        self._lines: dict[Kind, _Line] = {}

    async def search(self, gallery: Gallery, queries: F32, asked: Search, *, generation: Generation) -> Found:
        """The hits of each query vector [q, dim]; raises as `Gallery.search_vectors` does."""
        line = self._line(gallery, queries, asked, generation)
        began_ns = perf_counter_ns()
        if line.is_used and len(queries) <= MOST_ROWS and (found := await line.together(queries, asked.k)) is not None:
            spend("search", start_ns=began_ns, took_ns=perf_counter_ns() - began_ns)
            return found
        found = await line.alone(queries, asked.k)
        spend("search", start_ns=began_ns, took_ns=perf_counter_ns() - began_ns)
        return found

    def _line(self, gallery: Gallery, queries: F32, asked: Search, generation: Generation) -> "_Line":
        """Where those wait that can be compared together: of equal filters, and of a `k` within a factor of two."""
        among = None if asked.among is None else repr(asked.among)  # as 1 equals True, and filters tell them apart
        hits = (asked.k - 1).bit_length()
        alike = asked.route, asked.by, asked.without, asked.blend
        kind = id(gallery), id(generation), *alike, among, hits, queries.shape[1:]
        if kind not in self._lines:
            self._lines = {each: line for each, line in self._lines.items() if line.is_used}
            room = asyncio.Semaphore(self._at_once)
            self._lines[kind] = _Line(_Work(gallery, generation, asked), self.sizes, room, threads=self._threads)
        return self._lines[kind]

    def close(self) -> None:
        """Wait for what is at work."""
        self._threads.shutdown()


@dataclass(frozen=True, slots=True)
class _Work:
    """What the searches of a line have in common."""

    gallery: Gallery
    generation: Generation
    asked: Search

    def done(self, queries: F32, k: int) -> Found:
        return self.gallery.search_vectors(queries, replace(self.asked, k=k), generation=self.generation)


class _Batch:
    """Searches that are done together, by a task that goes on for the others where one of them ends."""

    def __init__(self) -> None:
        self.queries: list[F32] = []
        self.rows = self.k = 0
        self.is_ready = asyncio.Event()
        self.task: asyncio.Task[Found]

    def add(self, queries: F32, k: int) -> slice:
        """The rows that are theirs."""
        self.queries.append(queries)
        self.k = max(self.k, k)
        self.rows += len(queries)
        return slice(self.rows - len(queries), self.rows)


class _Line:
    """Searches of one kind: those at work, and the batch that gathers meanwhile."""

    def __init__(
        self, work: _Work, sizes: Counter[int], room: asyncio.Semaphore, *, threads: ThreadPoolExecutor
    ) -> None:
        self._work, self._sizes, self._room, self._threads = work, sizes, room, threads
        self._gathering: _Batch | None = None
        self._in_it = 0

    @property
    def is_used(self) -> bool:
        return self._in_it > 0

    async def alone(self, queries: F32, k: int) -> Found:
        """By itself, as soon as there is room."""
        self._in_it += 1
        try:
            async with self._room:
                return await self._done(queries, k, searches=1)
        finally:
            self._in_it -= 1

    async def together(self, queries: F32, k: int) -> Found | None:
        """With what else gathers; None where that failed and it was not alone in it."""
        self._in_it += 1
        try:
            batch = self._joined(len(queries))
            rows = batch.add(queries, k)
            await asyncio.wait({batch.task})
        finally:
            self._in_it -= 1
        if len(batch.queries) > 1 and not batch.task.cancelled() and batch.task.exception() is not None:
            return None
        return [hits[:k] for hits in batch.task.result()[rows]]

    def _joined(self, rows: int) -> _Batch:
        """The batch that gathers, or another where so many rows more are too many for it."""
        batch = self._gathering
        if batch is not None and batch.rows + rows <= MOST_ROWS:
            return batch
        if batch is not None:
            batch.is_ready.set()
        self._gathering = batch = _Batch()
        batch.task = asyncio.create_task(self._turn(batch))
        batch.task.add_done_callback(_retrieve)
        asyncio.get_running_loop().call_later(WINDOW_S, batch.is_ready.set)
        return batch

    async def _turn(self, batch: _Batch) -> Found:
        await batch.is_ready.wait()
        async with self._room:
            if self._gathering is batch:
                self._gathering = None
            return await self._done(np.concatenate(batch.queries), batch.k, searches=len(batch.queries))

    async def _done(self, queries: F32, k: int, *, searches: int) -> Found:
        self._sizes[searches] += 1
        try:
            done = partial(copy_context().run, self._work.done, queries, k)
            return await asyncio.get_running_loop().run_in_executor(self._threads, done)
        finally:
            if self._gathering is not None:
                self._gathering.is_ready.set()


def _retrieve(task: "asyncio.Task[Found]") -> None:
    """A failure that nobody waits for any more is no news."""
    if not task.cancelled():
        task.exception()
