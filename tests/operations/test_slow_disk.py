"""A disk that takes nothing for a while, and a catalog that somebody else holds: searches go on, writers wait."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from index.catalog import database
from tests.faults.served import served
from tests.operations.disks import frozen, mounted
from tests.operations.place import DATA, Place, add, hits
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip
from tests.unit.service.asking import DEMO, refused
from tests.unit.service.exposed import Samples, samples_of, value
from tests.unit.service.waiting import until_true

HELD_S, ASKED, AT_ONCE = 2.0, 20, 4
"""So long the disk takes nothing; so many searches are made meanwhile, and so many of them at once."""
HOLD = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with a data folder on it."""
    with mounted(tmp_path / "image", tmp_path / "disk") as place:
        tiny_library(place / DATA, clips_per_label=1)
        yield place


def posted(client: httpx.Client, folder: Path, number: int) -> httpx.Response:
    """The answer to a clip that is added."""
    clip = tiny_clip(folder / f"clip {number}.mp4", seconds=0.5, tone_hz=200.0 + 37 * number)
    return client.post(f"{DEMO}/clips", files={"file": (clip.name, clip.read_bytes(), "video/mp4")})


def metrics(client: httpx.Client) -> Samples:
    """As they are now."""
    return samples_of(client.get("/metrics").text)


def check_searches(client: httpx.Client) -> None:
    """They find what there is, several at once."""
    with ThreadPoolExecutor(AT_ONCE) as askers:
        assert {len(found) for found in askers.map(lambda _: hits(client), range(ASKED))} == {6}


def test_searches_go_on_while_the_disk_takes_nothing_and_writers_wait_or_are_told_to_come_again(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTSOUND_BULK_AT_ONCE", "1")
    monkeypatch.setenv("SIGHTSOUND_QUEUE_LIMIT", "1")
    with served(disk / DATA, tmp_path / "spool") as service, ThreadPoolExecutor(2) as pool:
        client, waiting = service.client, list[Future[httpx.Response]]()
        hits(client)
        with frozen(disk):
            for number, gauge in enumerate(("running", "waiting")):
                waiting.append(pool.submit(posted, client, tmp_path, number))
                until_true(
                    lambda gauge=gauge: value(metrics(client), f"sightsound_lane_{gauge}", lane="bulk") == 1  # type: ignore[misc]
                )
            start = time.monotonic()
            third = posted(client, tmp_path, 2)
            refused(third, 503, "overloaded")
            assert int(third.headers["retry-after"]) >= 1
            check_searches(client)
            assert [client.get(each).status_code for each in ("/livez", "/readyz", "/metrics")] == [200] * 3
            time.sleep(max(HELD_S - (time.monotonic() - start), 0))
            assert not any(each.done() for each in waiting)
        assert [each.result().status_code for each in waiting] == [201, 201]
        assert len(hits(client)) == 10
        check_the_sign_of_it(client)


def check_the_sign_of_it(client: httpx.Client) -> None:
    """In the metrics: requests that write took long, searches did not."""
    seen = metrics(client)
    seconds = "sightsound_http_request_seconds"
    writes = {"method": "POST", "route": "/v1/galleries/{gallery}/clips"}
    reads = {"method": "GET", "route": "/v1/galleries/{gallery}/search"}
    assert value(seen, f"{seconds}_sum", **writes) > HELD_S
    assert value(seen, f"{seconds}_sum", **reads) / value(seen, f"{seconds}_count", **reads) < HELD_S
    assert value(seen, "sightsound_problems_total", code="overloaded") == 1


@contextmanager
def held(catalog: Path) -> Iterator[None]:
    """A process that was stopped in the midst of writing to it."""
    command = [sys.executable, "-c", HOLD, str(catalog)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            holder.send_signal(signal.SIGSTOP)
            yield
        finally:
            holder.kill()


def test_who_writes_while_another_process_holds_the_catalog_is_told_when_to_come_again(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", int(1000 * HELD_S))
    with sqlite_place.serving() as client, ThreadPoolExecutor(1) as pool:
        with held(sqlite_place.folder / DATA / "catalog.sqlite"):
            start = time.monotonic()
            waiting = pool.submit(posted, client, sqlite_place.folder, 0)
            check_searches(client)
            assert client.get("/livez").status_code == 200
            refused(waiting.result(), 503, "unavailable", "database is locked")
            assert time.monotonic() - start >= HELD_S
            assert int(waiting.result().headers["retry-after"]) >= 1
        add(client, sqlite_place.folder, 0)
        assert len(hits(client)) == 8
