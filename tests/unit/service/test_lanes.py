"""Whose turn it is."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from models.errors import Overloaded
from service.app import create_app
from service.load.lanes import LANES, Lane, lane_name
from service.settings import Settings
from tests.unit.service.asking import OWN, SEARCH, refused

ASKED: dict[str, dict[str, Any]] = {"GET /v1/galleries/{gallery}/search": {"params": {"text": "a"}}}
"""What is asked where a question that says nothing is refused before any turn."""
SENT: tuple[dict[str, Any], ...] = (
    {"json": {}},
    {"files": {"file": ("clip", b"no clip")}},
    {"files": {"files": ("clip", b"no clip")}},
)
"""Bodies, of which each route that takes one reads at least one."""


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


async def never() -> None:
    await asyncio.Event().wait()


def lane(*, at_once: int = 1, most_waiting: int = 10, wait_s: float = 3600) -> Lane:
    return Lane(at_once=at_once, most_waiting=most_waiting, wait_s=wait_s)


class Turns:
    """Requests that take a turn in a lane, and keep it until they are let go; `began` are they in their order."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.began: list[int] = []
        self._let_go: dict[int, asyncio.Event] = {}

    def ask(self, number: int, who: str = "") -> "asyncio.Task[None]":
        self._let_go[number] = asyncio.Event()
        return asyncio.create_task(self._taken(number, who))

    async def let_go(self, number: int) -> None:
        self._let_go[number].set()
        await breath()

    async def _taken(self, number: int, who: str) -> None:
        async with self.lane.turn(never, who):
            self.began.append(number)
            await self._let_go[number].wait()


async def breath() -> None:
    """Everybody goes as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_so_many_at_once_and_the_others_in_the_order_they_came() -> None:
    async def ask() -> None:
        turns = Turns(lane(at_once=2))
        tasks = [turns.ask(number) for number in range(5)]
        await breath()
        assert (turns.began, turns.lane.running, turns.lane.waiting) == ([0, 1], 2, 3)
        await turns.let_go(1)
        assert turns.began == [0, 1, 2]
        for number in (0, 2, 3, 4):
            await turns.let_go(number)
        await asyncio.gather(*tasks)
        assert turns.began == [0, 1, 2, 3, 4]
        assert (turns.lane.running, turns.lane.waiting, turns.lane.taken, turns.lane.refused) == (0, 0, 5, 0)

    run(ask())


def test_a_full_queue_refuses_at_once_and_says_when_to_ask_again() -> None:
    async def ask() -> None:
        turns = Turns(lane(most_waiting=2))
        tasks = [turns.ask(number) for number in range(4)]
        await breath()
        assert tasks[3].done()
        with pytest.raises(Overloaded, match="2 requests like this wait") as refusal:
            await tasks[3]
        assert refusal.value.retry_after_s == 1
        assert (turns.lane.waiting, turns.lane.refused) == (2, 1)
        for number in range(3):
            await turns.let_go(number)
        await asyncio.gather(*tasks[:3])

    run(ask())


def test_who_is_to_ask_again_is_told_a_time_that_grows_with_turns_and_queue() -> None:
    async def ask() -> None:
        ours = lane()
        ours._held_s = 4.0
        turns = Turns(ours)
        tasks = [turns.ask(number) for number in range(3)]
        await breath()
        assert ours.retry_after_s == 12
        ours._held_s = 4000.0
        assert ours.retry_after_s == 60
        for task in tasks:
            task.cancel()
        await breath()

    run(ask())


def test_a_turn_that_does_not_come_in_time_is_refused() -> None:
    async def ask() -> None:
        turns = Turns(lane(wait_s=0.01))
        first, second = turns.ask(0), turns.ask(1)
        with pytest.raises(Overloaded, match=r"within 0\.01 s"):
            await second
        assert (turns.lane.waiting, turns.lane.running) == (0, 1)
        await turns.let_go(0)
        await first

    run(ask())


def test_who_goes_away_leaves_the_queue() -> None:
    async def ask() -> None:
        turns, gone = Turns(lane()), asyncio.Event()
        first = turns.ask(0)
        await breath()

        async def wait() -> None:
            async with turns.lane.turn(gone.wait):
                turns.began.append(1)

        leaving, third = asyncio.create_task(wait()), turns.ask(2)
        await breath()
        gone.set()
        with pytest.raises(Overloaded):
            await leaving
        assert turns.lane.waiting == 1
        await turns.let_go(0)
        await turns.let_go(2)
        await asyncio.gather(first, third)
        assert turns.began == [0, 2]

    run(ask())


def test_no_turn_is_lost_by_those_that_are_cancelled() -> None:
    async def ask() -> None:
        turns = Turns(lane())
        first, waiting, third = turns.ask(0), turns.ask(1), turns.ask(2)
        await breath()
        turns._let_go[0].set()
        await asyncio.sleep(0)  # the first ends, and its turn is the second's, who does not know yet
        waiting.cancel()
        await breath()
        assert 2 in turns.began
        await turns.let_go(2)
        await asyncio.gather(first, third)
        assert (turns.lane.running, turns.lane.waiting) == (0, 0)

    run(ask())


def _routes(client: TestClient) -> set[str]:
    paths = client.get("/openapi.json").json()["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def test_every_route_has_a_lane_and_the_table_names_none_that_is_not_there(client: TestClient) -> None:
    routes = _routes(client)
    assert LANES.keys() - routes == set()
    for each in routes - LANES.keys():
        method, path = each.split(" ")
        assert lane_name(method, path) == ("interactive" if method == "GET" else "bulk")


def test_previews_wait_with_what_takes_long_and_what_watches_is_in_no_lane() -> None:
    assert lane_name("GET", "/v1/galleries/{gallery}/search") == "interactive"
    assert lane_name("HEAD", "/v1/galleries/{gallery}/clips/{clip_id}/preview") == "bulk"
    for address in ("/livez", "/readyz", "/metrics", "/v1/status"):
        assert lane_name("GET", address) is None


def test_a_full_lane_refuses_its_own_at_once_and_nobody_else(own_library: Path, clip: Path) -> None:
    settings = Settings(data=own_library, job_workers=0, queue_limit=0)
    app = create_app(settings)
    with TestClient(app, OWN) as client:
        for name in ("bulk", "decoding"):
            app.state.lanes.by_name[name].running = 1000  # as many as may, and more
        batch = {"route": "text->video", "queries": [{"text": "bird"}]}
        refused(client.post(f"{SEARCH}/batch", json=batch), 503, "overloaded", "wait already")
        answer = client.post(SEARCH, data={"from": "video"}, files={"file": clip.read_bytes()})
        refused(answer, 503, "overloaded")
        assert int(answer.headers["retry-after"]) >= 1
        assert client.get(SEARCH, params={"text": "bird"}).status_code == 200
        assert client.get("/readyz").status_code == 200
        app.state.lanes.by_name["interactive"].running = 1000
        refused(client.get(SEARCH, params={"text": "bird"}), 503, "overloaded")
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").status_code == 200


def test_requests_are_counted_in_the_lane_of_their_route(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, FastAPI)
    lanes = app.state.lanes.by_name
    before = {name: each.taken for name, each in lanes.items()}
    assert client.get("/livez").status_code == 200
    assert client.get("/v1/galleries/demo/search?text=bird").status_code == 200
    assert client.post("/v1/classify", files={"file": ("clip", b"no clip")}).status_code == 422
    assert client.post("/v1/galleries/demo/search/batch", json={"route": "x", "queries": [{"text": "y"}]}).is_error
    grown = {name: each.taken - before[name] for name, each in lanes.items()}
    assert grown == {"interactive": 1, "decoding": 1, "views": 0, "bulk": 1}
    assert {each.running for each in lanes.values()} == {0}


def test_every_route_takes_the_lane_of_the_table_and_no_other(own_library: Path) -> None:
    app = create_app(Settings(data=own_library, job_workers=0))
    with TestClient(app, OWN) as client:
        lanes = app.state.lanes.by_name
        for route in sorted(_routes(client)):
            method, _, template = route.partition(" ")
            path = template.replace("{gallery}", "absent").replace("{", "").replace("}", "")
            read = 0
            for sent in SENT if method != "GET" else (ASKED.get(route, {}),):
                before = {name: each.taken for name, each in lanes.items()}
                answer = client.request(method, path, **sent)
                if answer.status_code == 415 or "an unknown form field" in answer.text:
                    continue
                wanted = lane_name(method, template)
                wanted = "decoding" if wanted == "interactive" and "files" in sent else wanted
                taken = [name for name, each in lanes.items() for _ in range(each.taken - before[name])]
                assert taken == [wanted] * (wanted is not None), (route, answer.text)
                read += 1
            assert read, route
