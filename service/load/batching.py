"""Searches of one gallery by several requests, compared with its vectors together."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from time import perf_counter_ns

import numpy as np

from index.clips import Hit
from index.gallery import Gallery
from index.generations import Generation
from index.searching import Search
from models.cores import cores
from models.errors import GalleryNotFound, Unavailable
from models.types import F32
from service.observing.stages import spend

WINDOW_S = 0.002
"""How long a search waits for others at most, once one of the `at_once` is free; none waits where none is at work."""
MOST_ROWS = 64
"""Query vectors that are compared together at most."""

MOST_THREADS = 32
"""They are started as they are needed, and quicker to hand work to than those that other requests run in."""

NO_QUERYS_FAULT = (asyncio.CancelledError, GalleryNotFound, Unavailable)
"""What searches that failed together would meet one by one, each after its time, while others wait."""

Found = Sequence[Sequence[Hit]]
Kind = tuple[object, ...]


class Batching:
    """Where requests have their query vectors compared; `search` is awaited on the server's loop.

    Searches of a kind that are asked for in one turn of the loop are done together, and so is what comes while others
    are at work, as soon as those are over, or after WINDOW_S, or when it is MOST_ROWS; at most `at_once` of a kind are
    at work. What takes less time than handing it to a thread, and meets no other, is done on the loop. What fails
    together is done again one by one, so that nobody fails by another's query, unless no query can be why. `sizes`
    counts how many searches each turn was for.
    """

    def __init__(self, *, at_once: int | None = None) -> None:
        self.sizes: Counter[int] = Counter()
        self._threads = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="search")
        self._at_once = at_once or max(cores() - 1, 1)  # one is for the loop
        self._lines: dict[Kind, _Line] = {}

    async def search(self, gallery: Gallery, queries: F32, asked: Search, *, generation: Generation) -> Found:
        """The hits of each query vector [q, dim]; raises as `Gallery.search_vectors` does."""
        line = self._line(gallery, queries, asked, generation)
        began_ns = perf_counter_ns()
        found = await line.add(queries, asked.k)
        spend("search", start_ns=began_ns, took_ns=perf_counter_ns() - began_ns)
        return found

    def _line(self, gallery: Gallery, queries: F32, asked: Search, generation: Generation) -> "_Line":
        """Where those wait that can be compared together: of equal filters, and of a `k` within a factor of two."""
        among = None if asked.among is None else repr(asked.among)  # as 1 equals True, and filters tell them apart
        hits = (asked.k - 1).bit_length()
        alike = asked.route, asked.by, asked.without, asked.blend
        loop = asyncio.get_running_loop()
        kind = loop, id(gallery), id(generation), *alike, among, hits, queries.shape[1:]
        if (line := self._lines.get(kind)) is None:
            work, leave = _Work(gallery, generation, asked), partial(self._lines.pop, kind)
            line = _Line(work, self.sizes, loop, at_once=self._at_once, threads=self._threads, leave=leave)
            self._lines[kind] = line
        return line

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

    def done_at_once(self, queries: F32, k: int) -> Found | None:
        return self.gallery.search_at_once(queries, replace(self.asked, k=k), generation=self.generation)


@dataclass(frozen=True, slots=True)
class _One:
    """A search that waits: for `k` hits of each of its queries."""

    queries: F32
    k: int
    found: "asyncio.Future[Found]"


@dataclass(slots=True)
class _Batch:
    """Searches that are done together."""

    searches: list[_One] = field(default_factory=list)
    rows: int = 0

    @property
    def k(self) -> int:
        return max(each.k for each in self.searches)

    @property
    def queries(self) -> F32:
        return np.concatenate([each.queries for each in self.searches])

    def add(self, one: _One) -> None:
        self.searches.append(one)
        self.rows += len(one.queries)

    def tell(self, found: Found) -> None:
        """Each what is its own; who has gone away is told nothing."""
        rows = iter(found)
        for each in self.searches:
            its = [hits[: each.k] for hits in islice(rows, len(each.queries))]
            if not each.found.done():
                each.found.set_result(its)

    def fail(self, error: BaseException) -> None:
        """All of them."""
        for each in self.searches:
            if not each.found.done():
                each.found.set_exception(error)


class _Line:
    """Searches of one kind: those at work, those that go next, and the batch that gathers meanwhile.

    It leaves with the last of them, as it holds a gallery and a generation, which may be gone by then.
    """

    def __init__(
        self,
        work: _Work,
        sizes: Counter[int],
        loop: asyncio.AbstractEventLoop,
        *,
        at_once: int,
        threads: ThreadPoolExecutor,
        leave: Callable[[], object],
    ) -> None:
        self._work, self._sizes, self._loop, self._at_once, self._threads = work, sizes, loop, at_once, threads
        self._leave = leave
        self._at_work = 0
        self._next: deque[_Batch] = deque()
        self._gathering: _Batch | None = None

    def add(self, queries: F32, k: int) -> "asyncio.Future[Found]":
        """What is found, once it is its turn."""
        one = _One(queries, k, self._loop.create_future())
        if self._gathering is not None and self._gathering.rows + len(queries) > MOST_ROWS:
            self._close()
        if self._gathering is None:
            self._gathering = _Batch()
            wait_s = WINDOW_S if self._at_work else 0  # what else is asked in this turn of the loop comes along
            self._loop.call_later(wait_s, self._close_in_time, self._gathering)
        self._gathering.add(one)
        return one.found

    def _close_in_time(self, batch: _Batch) -> None:
        """Where there is no room for it, more may be added until there is."""
        if batch is self._gathering and self._at_work < self._at_once:
            self._close()

    def _close(self) -> None:
        """Nothing more is added to the batch that gathers."""
        if self._gathering is not None:
            self._next.append(self._gathering)
        self._gathering = None
        self._go_on()

    def _go_on(self) -> None:
        while self._next and self._at_work < self._at_once:
            self._begin(self._next.popleft())

    def _begin(self, batch: _Batch) -> None:
        self._sizes[len(batch.searches)] += 1
        self._at_work += 1
        work = self._loop.create_task(self._found(batch))
        work.add_done_callback(partial(self._end, batch))

    async def _found(self, batch: _Batch) -> Found:
        if self._at_work == len(batch.searches) == 1:
            found = self._work.done_at_once(batch.queries, batch.k)
            if found is not None:
                return found
        return await self._loop.run_in_executor(self._threads, self._work.done, batch.queries, batch.k)

    def _end(self, batch: _Batch, work: "asyncio.Task[Found]") -> None:
        self._at_work -= 1
        error = asyncio.CancelledError() if work.cancelled() else work.exception()
        if error is None:
            batch.tell(work.result())
        elif len(batch.searches) == 1 or isinstance(error, NO_QUERYS_FAULT):
            batch.fail(error)
        else:
            self._next.extendleft(_Batch([each], len(each.queries)) for each in reversed(batch.searches))
        if not self._next:
            self._close()
        self._go_on()
        if not self._at_work:
            self._leave()
