"""A thread that alone uses a searcher which threads must not share, and answers all who wait in one call."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from functools import partial
from threading import Condition, Thread, current_thread
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from models.errors import Unavailable
from models.types import F32, I64

WAITING = 1024
"""How many may wait; more are told at once that it cannot answer now."""
BATCH = 256
"""Queries in one call; a caller with more has a call of its own."""
TIMEOUT_S = 60.0
"""How long a search is waited for."""


class Searcher(Protocol):
    """Finds distances [q, k] and rows [q, k], best first, as FAISS indexes do."""

    def search(self, queries: F32, k: int) -> tuple[F32, I64]: ...


Found = tuple[F32, I64]
S = TypeVar("S", bound=Searcher)
T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Search:
    queries: F32
    k: int
    answer: "Future[Found]" = field(default_factory=Future)


@dataclass(slots=True, eq=False)
class _Change(Generic[S]):
    change: Callable[[S], Any]
    answer: "Future[Any]" = field(default_factory=Future)


class Owner(Generic[S]):
    """Makes a searcher on a thread of its own, which is the only one that ever touches it.

    Searches that wait are one call: of all their queries, up to `batch`, and of the largest `k`; everyone gets the
    rows and columns asked for. Where such a call fails, each search is made alone, so that an error reaches none but
    its callers. Changes are made between calls, in their order. What waits when it is closed is still answered.
    """

    def __init__(
        self, make: Callable[[], S], *, waiting: int = WAITING, batch: int = BATCH, timeout_s: float = TIMEOUT_S
    ) -> None:
        """Returns once the searcher is made; raises what `make` raised."""
        self._most_waiting = waiting
        self._batch = batch
        self._timeout_s = timeout_s
        self._changed = Condition()
        self._waiting: deque[_Search | _Change[S]] = deque()
        self._closed = False
        made: Future[None] = Future()
        self._thread = Thread(target=self._work, args=([make], made), name="vector-owner", daemon=True)
        self._thread.start()
        made.result()

    @property
    def waiting(self) -> int:
        """How many searches and changes wait."""
        return len(self._waiting)

    def search(self, queries: F32, k: int) -> Found:
        """Distances and rows [q, k] for queries [q, d]; Unavailable where too many wait, or it takes too long."""
        search = _Search(queries, k)
        self._ask(search)
        try:
            return search.answer.result(self._timeout_s)
        except Late as error:
            search.answer.cancel()
            raise Unavailable(f"the search was not answered within {self._timeout_s:g} s") from error

    def run(self, change: Callable[[S], T]) -> T:
        """What `change` gives for the searcher, made on its thread while no search is."""
        asked = _Change(change)
        self._ask(asked)
        result: T = asked.answer.result()
        return result

    def close(self) -> None:
        """Answer what waits, then end the thread and let go of the searcher; does nothing the second time."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if current_thread() is not self._thread:  # garbage may be collected on any thread
            self._thread.join()

    def _ask(self, asked: "_Search | _Change[S]") -> None:
        with self._changed:
            if self._closed:
                raise Unavailable("the index was closed")
            if len(self._waiting) >= self._most_waiting:
                raise Unavailable(f"{len(self._waiting)} searches wait already, the most that may")
            self._waiting.append(asked)
            self._changed.notify_all()

    def _work(self, makers: list[Callable[[], S]], made: "Future[None]") -> None:
        try:
            searcher = makers.pop()()  # popped, since it may hold all the vectors
        except Exception as error:  # the constructor's caller's
            made.set_exception(error)
            return
        made.set_result(None)
        while taken := self._next():
            _serve(searcher, taken)

    def _next(self) -> "list[_Search] | _Change[S] | None":
        """The change that is due, or the searches that make one call; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return None
            first = self._waiting.popleft()
            return first if isinstance(first, _Change) else [first, *self._fitting(len(first.queries))]

    def _fitting(self, queries: int) -> "list[_Search]":
        """Searches taken from the front of those that wait, as many as fit beside so many queries."""
        taken: list[_Search] = []
        while self._waiting and isinstance(each := self._waiting[0], _Search):
            queries += len(each.queries)
            if queries > self._batch:
                break
            self._waiting.popleft()
            taken.append(each)
        return taken


def _serve(searcher: S, taken: "list[_Search] | _Change[S]") -> None:
    if isinstance(taken, _Change):
        _answer(taken.answer, partial(taken.change, searcher))
        return
    wanted = [each for each in taken if each.answer.set_running_or_notify_cancel()]
    if len(wanted) < 2 or not _answered(searcher, wanted):
        for each in wanted:
            _answer(each.answer, partial(searcher.search, each.queries, each.k))


def _answered(searcher: Searcher, wanted: list[_Search]) -> bool:
    """Whether one call answered all of them, each cut to what it asked for."""
    queries, k = [each.queries for each in wanted], max(each.k for each in wanted)
    try:
        distances, rows = searcher.search(np.concatenate(queries), k)
    except Exception:  # whose fault it is shows when each is made alone
        return False
    ends = np.cumsum([len(each) for each in queries])[:-1]
    for each, of, at in zip(wanted, np.split(distances, ends), np.split(rows, ends), strict=True):
        each.answer.set_result((of[:, : each.k], at[:, : each.k]))
    return True


def _answer(future: "Future[T]", find: Callable[[], T]) -> None:
    try:
        future.set_result(find())
    except Exception as error:  # the caller's, whatever it is: this thread serves others too
        future.set_exception(error)
