"""Searches that meet are compared together, and nobody sees a difference."""

import asyncio
from collections.abc import Coroutine
from threading import Event, Lock
from typing import Any, cast

import numpy as np
import pytest

from index.clips import Hit
from index.filters import Condition, Filter
from index.gallery import Gallery
from index.generations import Generation
from index.searching import Search
from models.errors import QueryInvalid, SightsoundError, Unavailable
from models.types import F32, Window
from service.load import batching
from service.load.batching import MOST_ROWS, Batching

ROUTE = "text->video"
GENERATION = cast(Generation, object())


class Shelf:
    """Stands for a gallery: it finds `k` windows numbered from 10 times a query's first number; an odd one is refused.

    Searches wait until they are let go; `calls` are how many queries each was of, and for how many hits.
    """

    def __init__(self, *, is_held: bool = True) -> None:
        self.calls: list[tuple[int, int]] = []
        self.let_go = Event()
        self._lock = Lock()
        if not is_held:
            self.let_go.set()

    def search_at_once(self, queries: F32, asked: Search, *, generation: Generation) -> None:
        """Never, here."""

    def search_vectors(self, queries: F32, asked: Search, *, generation: Generation) -> list[list[Hit]]:
        with self._lock:
            self.calls.append((len(queries), asked.k))
        assert self.let_go.wait(10)
        if (queries[:, 0] < 0).any():
            raise QueryInvalid("a query below 0")
        return [[_hit(int(10 * row[0]) + place) for place in range(asked.k)] for row in queries]


class Light(Shelf):
    """One that finds what few ask for at once; `at_once` are how many queries each of these was of."""

    def __init__(self) -> None:
        super().__init__(is_held=False)
        self.at_once: list[int] = []

    def search_at_once(self, queries: F32, asked: Search, *, generation: Generation) -> Any:
        self.at_once.append(len(queries))
        if queries[0, 0] == 7:
            return None
        if queries[0, 0] < 0:
            raise QueryInvalid("a query below 0")
        return [[_hit(int(10 * row[0]) + place) for place in range(asked.k)] for row in queries]


class Away(Shelf):
    """One whose catalog is away."""

    def search_vectors(self, queries: F32, asked: Search, *, generation: Generation) -> list[list[Hit]]:
        super().search_vectors(queries, asked, generation=generation)
        raise Unavailable("the catalog's database cannot answer")


def _hit(window: int) -> Hit:
    return Hit("clip", "name", (), Window(0.0, 1.0), window, 0.0, "video/mp4", 1.0, {})


def asked_for(k: int = 2, *, among: Filter | None = None) -> Search:
    return Search(ROUTE, k, among)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


async def settled(shelf: Shelf, calls: int) -> None:
    """Until so many searches have begun."""
    while len(shelf.calls) < calls:
        await asyncio.sleep(0.001)


def search(
    into: Batching, shelf: Shelf, number: float, asked: Search | None = None
) -> "asyncio.Task[list[int] | list[list[int]]]":
    """A search with one query, as a request of its own; its answer is the numbers of the windows."""

    async def numbers() -> list[int]:
        queries = np.array([[number, 0]], np.float32)
        (hits,) = await into.search(cast(Gallery, shelf), queries, asked or asked_for(), generation=GENERATION)
        return [each.window_id for each in hits]

    return asyncio.ensure_future(numbers())


def test_a_search_that_meets_no_other_is_done_at_once_and_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "WINDOW_S", 3600.0)

    async def ask() -> None:
        shelf, ours = Shelf(is_held=False), Batching()
        for number in (1, 2, 3):
            assert await search(ours, shelf, number) == [10 * number, 10 * number + 1]
        assert shelf.calls == [(1, 2)] * 3
        assert ours.sizes == {1: 3}

    run(ask())


def test_what_comes_while_one_is_at_work_is_done_together_and_each_gets_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batching, "WINDOW_S", 3600.0)

    async def ask() -> None:
        shelf, ours = Shelf(), Batching(at_once=1)
        first = search(ours, shelf, 0)
        await settled(shelf, 1)
        others = [search(ours, shelf, number) for number in range(1, 8)]
        await asyncio.sleep(0.01)
        assert shelf.calls == [(1, 2)]
        shelf.let_go.set()
        assert await asyncio.gather(first, *others) == [[10 * number, 10 * number + 1] for number in range(8)]
        assert shelf.calls == [(1, 2), (7, 2)]
        assert ours.sizes == {1: 1, 7: 1}

    run(ask())


def test_none_waits_longer_than_the_window_while_there_is_room() -> None:
    async def ask() -> None:
        shelf, ours = Shelf(), Batching(at_once=2)
        first = search(ours, shelf, 0)
        await settled(shelf, 1)
        others = [search(ours, shelf, number) for number in (1, 2)]
        await settled(shelf, 2)  # though the first is still at work
        assert shelf.calls == [(1, 2), (2, 2)]
        late = [search(ours, shelf, number) for number in (3, 4)]
        await asyncio.sleep(0.02)
        assert len(shelf.calls) == 2  # as two are all that may be at work
        shelf.let_go.set()
        await asyncio.gather(first, *others, *late)
        assert shelf.calls[2:] == [(2, 2)]

    run(ask())


def test_no_more_are_done_together_than_fit() -> None:
    async def ask() -> None:
        shelf, ours = Shelf(), Batching(at_once=1)
        first = search(ours, shelf, 0)
        await settled(shelf, 1)
        others = [search(ours, shelf, number) for number in range(MOST_ROWS + 3)]
        await asyncio.sleep(0)
        shelf.let_go.set()
        await asyncio.gather(first, *others)
        assert sorted(rows for rows, _ in shelf.calls) == [1, 3, MOST_ROWS]

    run(ask())


def test_different_numbers_of_hits_are_found_together_and_cut_after() -> None:
    async def ask() -> None:
        shelf, ours = Shelf(), Batching(at_once=1)
        first = search(ours, shelf, 0, asked_for(7))
        await settled(shelf, 1)
        others = [search(ours, shelf, k, asked_for(k)) for k in (5, 8, 6)]
        few = search(ours, shelf, 1, asked_for(1))
        await settled(shelf, 2)  # one hit is far fewer than eight: it is done by itself, and at once
        shelf.let_go.set()
        assert [len(found) for found in await asyncio.gather(first, *others, few)] == [7, 5, 8, 6, 1]
        assert shelf.calls == [(1, 7), (1, 1), (3, 8)]

    run(ask())


@pytest.mark.parametrize(
    "other",
    [
        Search("audio->video", 2),
        Search(ROUTE, 2, by="clip"),
        Search(ROUTE, 2, without=frozenset({1})),
        Search(ROUTE, 2, Filter(metadata=(Condition(("year",), "eq", True),))),
    ],
)
def test_what_is_asked_otherwise_is_not_done_together(other: Search) -> None:
    one = Filter(metadata=(Condition(("year",), "eq", 1),))

    async def ask() -> None:
        shelf, ours = Shelf(), Batching(at_once=1)
        asked = [search(ours, shelf, 0, asked_for(among=one)), search(ours, shelf, 1, other)]
        await settled(shelf, 2)
        same = [search(ours, shelf, number, asked_for(among=Filter(metadata=one.metadata))) for number in (2, 3)]
        shelf.let_go.set()
        await asyncio.gather(*asked, *same)
        assert shelf.calls == [(1, 2), (1, 2), (2, 2)]

    run(ask())


def test_one_that_fails_fails_alone() -> None:
    async def ask() -> None:
        shelf, ours = Shelf(), Batching(at_once=1)
        first = search(ours, shelf, 0)
        await settled(shelf, 1)
        others = [search(ours, shelf, number) for number in (1, -1, 2)]
        await asyncio.sleep(0)
        shelf.let_go.set()
        found = await asyncio.gather(first, *others, return_exceptions=True)
        assert [found[0], found[1], found[3]] == [[0, 1], [10, 11], [20, 21]]
        assert isinstance(found[2], SightsoundError)
        assert shelf.calls == [(1, 2), (3, 2), (1, 2), (1, 2), (1, 2)]

    run(ask())


def test_who_goes_away_takes_nothing_from_the_others() -> None:
    async def ask() -> None:
        shelf, ours = Shelf(), Batching(at_once=1)
        first = search(ours, shelf, 0)
        await settled(shelf, 1)
        leaving, staying = search(ours, shelf, 1), search(ours, shelf, 2)
        await asyncio.sleep(0)
        leaving.cancel()
        first.cancel()
        await asyncio.sleep(0)
        shelf.let_go.set()
        assert await staying == [20, 21]
        assert leaving.cancelled()
        again = [search(ours, shelf, number) for number in (3, 4)]
        assert await asyncio.gather(*again) == [[30, 31], [40, 41]]

    run(ask())


def test_what_no_query_can_have_caused_fails_all_of_them_at_once() -> None:
    async def ask() -> None:
        shelf, ours = Away(), Batching(at_once=1)
        first = search(ours, shelf, 0)
        await settled(shelf, 1)
        others = [search(ours, shelf, number) for number in range(1, 8)]
        await asyncio.sleep(0)
        shelf.let_go.set()
        found = await asyncio.gather(first, *others, return_exceptions=True)
        assert [type(each) for each in found] == [Unavailable] * 8
        assert shelf.calls == [(1, 2), (7, 2)]
        assert not ours._lines

    run(ask())


def test_nothing_is_kept_of_kinds_that_nobody_asks_for_any_more() -> None:
    async def ask() -> None:
        shelf, ours = Shelf(is_held=False), Batching()
        for k in (1, 10, 100, 1000):
            await search(ours, shelf, 1, asked_for(k))
        assert not ours._lines

    run(ask())


def test_what_is_asked_in_one_turn_of_the_loop_is_done_together() -> None:
    async def ask() -> None:
        shelf, ours = Shelf(is_held=False), Batching()
        found = await asyncio.gather(*(search(ours, shelf, number) for number in range(5)))
        assert found == [[10 * number, 10 * number + 1] for number in range(5)]
        assert shelf.calls == [(5, 2)]

    run(ask())


def test_what_meets_no_other_needs_no_thread_where_it_is_found_at_once() -> None:
    async def ask() -> None:
        shelf, ours = Light(), Batching()
        assert await search(ours, shelf, 1) == [10, 11]
        assert (shelf.calls, shelf.at_once) == ([], [1])
        assert await search(ours, shelf, 7) == [70, 71]
        assert (shelf.calls, shelf.at_once) == ([(1, 2)], [1, 1])
        both = [search(ours, shelf, number) for number in (1, 2)]
        assert await asyncio.gather(*both) == [[10, 11], [20, 21]]
        assert (shelf.calls, shelf.at_once) == ([(1, 2), (2, 2)], [1, 1])
        with pytest.raises(QueryInvalid):
            await search(ours, shelf, -1)
        assert await search(ours, shelf, 3) == [30, 31]

    run(ask())
