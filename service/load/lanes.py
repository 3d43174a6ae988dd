"""Whose turn it is: requests of a kind are answered so many at once, so many more wait, and the next is told to."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from math import ceil
from time import monotonic, perf_counter_ns
from typing import Any, Literal, NamedTuple

from fastapi import Request
from fastapi.routing import APIRoute

from models.errors import Overloaded
from service.callers.caller import name_of_caller
from service.callers.templates import template_of
from service.http.fields import has_body
from service.load.queue import Queue
from service.observing.stages import spend
from service.settings import Settings

Name = Literal["interactive", "decoding", "views", "bulk"]

LANES: Mapping[str, Name | None] = {
    "GET /livez": None,
    "GET /readyz": None,
    "GET /metrics": None,
    "GET /v1/status": None,
    "GET /v1/jobs/{job_id}/events": None,
    "POST /v1/jobs/{job_id}/cancel": None,
    "POST /v1/galleries/{gallery}/search": "interactive",
    "POST /v1/classify": "interactive",
    "GET /v1/galleries/{gallery}/clips/{clip_id}/thumbnail": "views",
    "GET /v1/galleries/{gallery}/clips/{clip_id}/waveform": "views",
    "GET /v1/galleries/{gallery}/clips/{clip_id}/waveform.svg": "views",
    "GET /v1/galleries/{gallery}/clips/{clip_id}/preview": "bulk",
    "GET /v1/galleries/{gallery}/archive": "bulk",
    "GET /v1/galleries/{gallery}/verification": "bulk",
}
"""By "METHOD /path/{template}", where it is another than READING's or WRITING's. None: in no lane, never refused.

An interactive request that brings a file is in the lane `decoding`, so that who only asks with words never waits for
a decoder.
"""
READING: Name = "interactive"
WRITING: Name = "bulk"

VIEWS_AT_ONCE = 64
"""Who looks at clips mostly waits for others: what is made for them has limits of its own."""
DECODED = 2
"""Requests with a file for each decoding process: while one is decoded, another is in the backbones."""
SPARE_THREADS = 16
"""Threads for what is in no lane, and for what one request does beside."""
WAIT_S = 10.0
"""How long a request waits for its turn: people and proxies give up soon after, and would be answered for nothing."""
LONGEST_S = 60
"""The longest that anybody is told to wait before asking again."""
LATE = 32
"""Over how many turns their time is averaged."""


class Turn(NamedTuple):
    """Whose it is, and since when."""

    who: str
    began_s: float


class Lane:
    """At most `at_once` turns at a time, and `most_waiting` that wait for one, at most `wait_s` each; first come first.

    `running` and `waiting` are how many there are now, `taken` and `refused` how many there were.

    Those who are known by a key share it: a free turn is for whoever has the fewest, the last one not for who has all
    others, and of a full queue the last to come of whoever waits most makes room for who waits less.
    """

    def __init__(self, *, at_once: int, most_waiting: int, wait_s: float) -> None:
        self.at_once, self.most_waiting = at_once, most_waiting
        self.running = self.taken = self.refused = 0
        self._wait_s, self._held_s = wait_s, 0.0
        self._turns, self._queue = Counter[str](), Queue()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def retry_after_s(self) -> float:
        """How long it takes until who waits now has had a turn, by how long turns took of late; whole seconds."""
        return min(max(ceil(self._held_s * (self.waiting + 1) / self.at_once), 1), LONGEST_S)

    @asynccontextmanager
    async def turn(self, gone: Callable[[], Awaitable[object]], who: str = "") -> AsyncIterator[None]:
        """A turn for as long as the block lasts; `gone` ends when who asked is there no more.

        Raises Overloaded where too many wait, where its turn does not come in time, and where who asked went away.
        """
        turn = await self.enter(gone, who)
        try:
            yield
        finally:
            self.leave(turn)

    async def enter(self, gone: Callable[[], Awaitable[object]], who: str = "") -> Turn:
        """Begin a turn, which is to be left; as `turn`, where a context takes too long."""
        if self._may(who):
            self._begin(who)
        else:
            await self._wait(gone, who)
        self.taken += 1
        return Turn(who, monotonic())

    def leave(self, turn: Turn) -> None:
        """End a turn."""
        self._held_s += (monotonic() - turn.began_s - self._held_s) / min(self.taken, LATE)
        self._pass_on(turn.who)

    def _may(self, who: str) -> bool:
        """Whether there is a turn for them; who needs no key may have all."""
        is_last = self.at_once > 1 and self._turns[who] >= self.at_once - 1
        return self.running < self.at_once and not (who and is_last)

    def _begin(self, who: str) -> None:
        self.running += 1
        self._turns[who] += 1

    async def _wait(self, gone: Callable[[], Awaitable[object]], who: str) -> None:
        turn = self._queued(who)
        leaving = asyncio.ensure_future(gone())
        try:
            either: set[asyncio.Future[Any]] = {turn, leaving}
            await asyncio.wait(either, timeout=self._wait_s, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if turn.done() and turn.exception() is None:
                self._pass_on(who)
            raise
        finally:
            leaving.cancel()
            if not turn.done():
                self._queue.remove(who, turn)
        if not turn.done():
            raise self._refusal(f"its turn did not come within {self._wait_s:g} s, or who asked did not wait for it")
        turn.result()

    def _queued(self, who: str) -> asyncio.Future[None]:
        """A turn to wait for; raises Overloaded where too many are waited for."""
        if self.waiting >= self.most_waiting:
            refusal = self._refusal(f"{self.waiting} requests like this wait already, no more may")
            if (displaced := self._queue.last_of_most(who)) is None:
                raise refusal
            displaced.set_exception(refusal)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.add(who, turn)
        return turn

    def _pass_on(self, who: str = "") -> None:
        """The turn of one that ends is that of who is next, who need not look out for it."""
        self.running -= 1
        self._turns[who] -= 1
        if self._turns[who] <= 0:
            del self._turns[who]
        while (found := self._queue.first(self._turns.__getitem__, self._may)) is not None:
            self._begin(found[0])
            found[1].set_result(None)

    def _refusal(self, why: str) -> Overloaded:
        self.refused += 1
        after_s = self.retry_after_s
        return Overloaded(f"{why}; ask again in {after_s:g} s", retry_after_s=after_s)


class Lanes:
    """The lanes of a service, by name."""

    def __init__(self, settings: Settings) -> None:
        at_once: dict[Name, int] = {
            "interactive": settings.interactive_at_once,
            "decoding": DECODED * settings.decode_workers,
            "views": VIEWS_AT_ONCE,
            "bulk": settings.bulk_at_once,
        }
        self.by_name: Mapping[Name, Lane] = {
            name: Lane(at_once=most, most_waiting=settings.queue_limit, wait_s=WAIT_S) for name, most in at_once.items()
        }

    @property
    def threads(self) -> int:
        """How many threads all turns together may need, so that none waits for one; views have their own."""
        return SPARE_THREADS + sum(each.at_once for name, each in self.by_name.items() if name != "views")

    def of(self, request: Request) -> Lane | None:
        """The lane of a request, None for what is in none."""
        name = lane_name(request.method, template_of(request.scope) or "")
        if name == "interactive" and request.headers.get("content-type", "").startswith("multipart/"):
            name = "decoding"
        return None if name is None else self.by_name[name]


def lane_name(method: str, path: str) -> Name | None:
    """The lane of a route by its method and template."""
    reads = method in ("GET", "HEAD")
    return LANES.get(f"{'GET' if reads else method} {path}", READING if reads else WRITING)


async def in_lane(request: Request) -> AsyncIterator[None]:
    """A turn in the lane of the request until its answer is made; sending it is not part of it.

    Whoever this is asked for has been received as a whole, and let in: neither a slow sender nor a stranger takes a
    turn. Raises Overloaded.
    """
    lane = request.app.state.lanes.of(request)
    if lane is None:
        yield
        return
    turn = await waiting_for(lane, request)
    try:
        yield
    finally:
        lane.leave(turn)


async def waiting_for(lane: Lane, request: Request) -> Turn:
    """Begin the turn of a request in a lane, which is to be left; raises Overloaded."""
    began_ns = perf_counter_ns()
    turn = await lane.enter(partial(_gone, request), name_of_caller(request))
    spend("queue", start_ns=began_ns, took_ns=perf_counter_ns() - began_ns)
    return turn


async def _gone(request: Request) -> None:
    """Ends when the caller closes the connection; never where a body is still to be read by who answers."""
    if has_body(request.scope):
        route = request.scope["route"]
        if not isinstance(route, APIRoute) or route.body_field is None:
            await asyncio.Event().wait()
    while (await request.receive())["type"] != "http.disconnect":
        pass
