"""Work that several wait for."""

import asyncio
import traceback
from collections.abc import Coroutine
from threading import Event, Lock
from typing import Any

import pytest

from models.errors import MediaInvalid, TooLarge, Unavailable
from service.load import once
from service.load.once import MOST_WAITING, Once


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


class Counted:
    """Work that counts how often, and how many at once, it was done; done once it is let go."""

    def __init__(self) -> None:
        self.count = self.at_once = self.most_at_once = 0
        self.let_go = Event()
        self._lock = Lock()

    def __call__(self) -> int:
        with self._lock:
            self.count += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.let_go.wait(10)
        with self._lock:
            self.at_once -= 1
            return self.count


def test_what_many_ask_for_is_done_once() -> None:
    async def ask() -> None:
        work, doing = Counted(), Once[int](at_once=2)
        waiting = [asyncio.create_task(doing.result("a", work)) for _ in range(20)]
        await asyncio.sleep(0.05)
        work.let_go.set()
        assert await asyncio.gather(*waiting) == [1] * 20
        assert await doing.result("a", work) == 2  # it keeps nothing

    run(ask())


def test_a_remembered_failure_does_not_grow_by_being_told() -> None:
    def fail() -> int:
        raise MediaInvalid("no clip")

    def depth(error: BaseException) -> int:
        return len(traceback.extract_tb(error.__traceback__))

    async def ask() -> None:
        doing, told = Once[int](at_once=1), []
        for _ in range(50):
            with pytest.raises(MediaInvalid) as refused:
                await doing.result("a", fail)
            told.append(depth(refused.value))
        assert told[-1] == told[1]

    run(ask())


def test_only_so_many_go_on_at_once() -> None:
    async def ask() -> None:
        work, doing = Counted(), Once[int](at_once=3)
        waiting = [asyncio.create_task(doing.result(str(key), work)) for key in range(12)]
        while work.at_once < 3:
            await asyncio.sleep(0.01)
        work.let_go.set()
        await asyncio.gather(*waiting)
        assert (work.count, work.most_at_once) == (12, 3)

    run(ask())


def test_who_goes_away_leaves_it_to_the_others() -> None:
    async def ask() -> None:
        work, doing = Counted(), Once[int](at_once=1)
        first, second = (asyncio.create_task(doing.result("a", work)) for _ in range(2))
        await asyncio.sleep(0.05)
        first.cancel()
        work.let_go.set()
        assert await second == 1
        assert work.count == 1

    run(ask())


def test_what_would_fail_again_is_not_done_again_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        doing, done = Once[int](at_once=1), []

        def fail(error: Exception) -> int:
            done.append(error)
            raise error

        for _ in range(3):
            with pytest.raises(MediaInvalid, match="bad"):
                await doing.result("a", lambda: fail(MediaInvalid("bad")))
        assert len(done) == 1
        for _ in range(3):
            with pytest.raises(Unavailable, match="no room"):
                await doing.result("b", lambda: fail(Unavailable("no room")))
        assert len(done) == 4
        monkeypatch.setattr(once, "REMEMBERED_S", -1.0)
        with pytest.raises(TooLarge):
            await doing.result("a", lambda: fail(TooLarge("by now")))

    run(ask())


def test_too_many_that_wait_are_sent_away() -> None:
    async def ask() -> None:
        work, doing = Counted(), Once[int](at_once=1)
        waiting = [asyncio.create_task(doing.result(str(key), work)) for key in range(MOST_WAITING)]
        await asyncio.sleep(0.05)
        with pytest.raises(Unavailable, match="waiting"):
            await doing.result("one more", work)
        work.let_go.set()
        await asyncio.gather(*waiting)
        assert await doing.result("one more", work) == MOST_WAITING + 1

    run(ask())
