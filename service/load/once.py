"""Work that several may want at once, and that may take minutes."""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

from anyio import CapacityLimiter, to_thread

from models.errors import DecodeOverrun, InvalidInput, SightsoundError, TooLarge, Unavailable

A = TypeVar("A")
MOST_WAITING = 100
REMEMBERED = (DecodeOverrun, InvalidInput, TooLarge)
"""What would fail again, perhaps after minutes."""
REMEMBERED_S = 300.0


class Once(Generic[A]):
    """Does what is asked for by one key once, however many wait for it, `at_once` of different keys at a time.

    Who goes away meanwhile leaves the work going on, so that who asks again finds it done. It runs in threads of its
    own: others are left to other requests.
    """

    def __init__(self, *, at_once: int) -> None:
        self._room = CapacityLimiter(at_once)
        self._under_way: dict[str, asyncio.Task[A]] = {}
        self._failures: dict[str, tuple[float, SightsoundError]] = {}

    async def result(self, key: str, work: Callable[[], A]) -> A:
        """What comes of it; raises what it raises, also for a while after, or Unavailable where too many wait."""
        self._forget_old_failures()
        if key in self._failures:
            raise self._failures[key][1].with_traceback(None)  # or each time adds to it, and holds on to a request
        if key not in self._under_way:
            if len(self._under_way) >= MOST_WAITING:
                raise Unavailable(f"{MOST_WAITING} others are waiting for their thumbnail, waveform or preview")
            self._under_way[key] = asyncio.create_task(self._done(key, work))
            self._under_way[key].add_done_callback(_retrieve)
        return await asyncio.shield(self._under_way[key])

    async def _done(self, key: str, work: Callable[[], A]) -> A:
        try:
            return await to_thread.run_sync(work, limiter=self._room)
        except REMEMBERED as error:
            self._failures[key] = monotonic(), error
            raise
        finally:
            del self._under_way[key]

    def _forget_old_failures(self) -> None:
        before = monotonic() - REMEMBERED_S
        while self._failures and next(iter(self._failures.values()))[0] < before:
            del self._failures[next(iter(self._failures))]


def _retrieve(task: "asyncio.Task[A]") -> None:
    """A failure that nobody waits for any more is no news."""
    if not task.cancelled():
        task.exception()
