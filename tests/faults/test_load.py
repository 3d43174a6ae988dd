"""The service under load: nothing is lost, nothing piles up, and who asks for little is not kept waiting."""

import asyncio
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from benchmarks.soak import Held, asked, kinds, served
from service.app import create_app
from service.load.lanes import Lane
from service.settings import Settings
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip
from tests.unit.service.asking import OWN, SEARCH
from tests.unit.service.waiting import until_true

WARM, MANY, CLIENTS = 400, 1600, 4
GROWN_BYTES, GROWN_THREADS = 48 * 2**20, 8


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with six real clips."""
    return tiny_library(tmp_path_factory.mktemp("load"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip of a second."""
    return tiny_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=1.0).read_bytes()


def test_thousands_of_requests_of_all_kinds_leave_nothing_behind(library: Path, clip: bytes) -> None:
    all_kinds = kinds(clip, b"no clip" * 100)
    with served(library) as (process, address):
        assert asked(address, all_kinds, requests=WARM, clients=CLIENTS) == {}
        before = Held.of(process)
        assert asked(address, all_kinds, requests=MANY, clients=CLIENTS) == {}
        after = Held.of(process)
    assert after.held_bytes <= before.held_bytes + GROWN_BYTES
    # Databases are opened by as many as ask at once, three files each.
    assert after.files <= before.files + 3 * CLIENTS
    assert after.threads <= before.threads + GROWN_THREADS


def test_no_task_stays_behind(library: Path, clip: bytes) -> None:
    app = create_app(Settings(data=library, job_workers=0))
    with TestClient(app, OWN) as client:
        _ask(client, clip)
        before = tasks_of(client)
        for _ in range(20):
            _ask(client, clip)
        until_true(lambda: tasks_of(client) <= before)  # a server ends what it did for an answer after the answer
        until_true(lambda: all(each.running == each.waiting == 0 for each in app.state.lanes.by_name.values()))


def _ask(client: TestClient, clip: bytes) -> None:
    assert client.get(SEARCH, params={"text": "bell"}).status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.post(SEARCH, data={"from": "video"}, files={"file": clip}).status_code == 200


def tasks_of(client: TestClient) -> int:
    """How many there are in the loop of an application."""
    assert client.portal is not None
    return client.portal.call(_tasks)


async def _tasks() -> int:
    return len(asyncio.all_tasks())


def test_words_are_answered_while_all_decoders_and_all_of_bulk_are_taken(library: Path, clip: bytes) -> None:
    """As if uploads and jobs had taken every turn of theirs: a search by words comes before any of them ends."""
    app = create_app(Settings(data=library, job_workers=0, queue_limit=2))
    with TestClient(app, OWN) as client:
        lanes = app.state.lanes.by_name
        for name in ("decoding", "bulk", "views"):
            lanes[name].running = lanes[name].at_once
        order: list[str] = []
        portal = client.portal
        assert portal is not None
        waiting = [portal.start_task_soon(_turn, lanes[name], name, order) for name in ("decoding", "bulk")]
        for _ in range(20):
            assert client.get(SEARCH, params={"text": "bell"}).status_code == 200
            order.append("words")
        assert order == ["words"] * 20
        for name in ("decoding", "bulk"):
            portal.call(lanes[name]._pass_on)
        for each in waiting:
            each.result(timeout=20)
        assert sorted(order[20:]) == ["bulk", "decoding"]


async def _turn(lane: Lane, name: str, order: list[str]) -> None:
    async with lane.turn(asyncio.Event().wait):
        order.append(name)
