"""Galleries made and deleted, generations activated and dropped, and jobs page by page, over HTTP."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.catalog.keys import Grant
from index.keys import Keys
from models.errors import JobNotFound, NotAllowed
from service.callers.caller import Caller
from service.jobs import events
from service.jobs import listing as job_listing
from service.jobs.board import Board
from service.jobs.job_schemas import Job
from service.jobs.newest import Wanted
from tests.unit.service.asking import DEMO, SEARCH, refused, upload

GALLERIES = "/v1/galleries"


def test_a_gallery_is_made_filled_counted_and_deleted(own: TestClient, clip: Path) -> None:
    made = own.post(GALLERIES, json={"name": "birds", "bundle": "tiny"})
    assert (made.status_code, made.headers["location"]) == (201, f"{GALLERIES}/birds")
    assert (made.json()["clips"], made.json()["bundle"], made.json()["generation"]) == (0, "tiny", 1)
    assert own.get(made.headers["location"]).json() == made.json()
    assert own.get(made.headers["location"]).headers["etag"] == made.headers["etag"]
    assert [each["name"] for each in own.get(GALLERIES).json()["galleries"]] == ["birds", "demo"]
    assert upload(own, f"{GALLERIES}/birds/clips", clip, labels=["bell"]).status_code == 201
    found = own.get(f"{GALLERIES}/birds/search", params={"text": "bell"}).json()["hits"]
    assert [each["clip"]["labels"] for each in found] == [["bell"]]
    counted = own.get(f"{GALLERIES}/birds/statistics").json()
    assert (counted["clips"], counted["labels"], counted["media_bytes"]) == (1, {"bell": 1}, clip.stat().st_size)
    assert {(each["sense"], each["width"], each["windows"]) for each in counted["features"]} == {
        ("audio", 8, 1),
        ("video", 8, 1),
    }
    assert [each["number"] for each in counted["generations"]] == [1]
    gone = own.delete(f"{GALLERIES}/birds")
    assert (gone.status_code, gone.content) == (204, b"")
    for address in ("", "/search?text=bell", "/clips", "/statistics"):
        refused(own.get(f"{GALLERIES}/birds{address}"), 404, "gallery-not-found", "birds")
    refused(own.delete(f"{GALLERIES}/birds"), 404, "gallery-not-found", "birds")
    assert own.get(SEARCH, params={"text": "bell"}).status_code == 200
    assert own.post(GALLERIES, json={"name": "birds", "bundle": "other"}).json()["clips"] == 0


def test_a_gallery_that_cannot_be_is_refused(client: TestClient) -> None:
    refused(client.post(GALLERIES, json={"name": "demo", "bundle": "tiny"}), 409, "conflict", "demo")
    refused(client.post(GALLERIES, json={"name": "x", "bundle": "none"}), 404, "bundle-not-found", "none")
    refused(client.post(GALLERIES, json={"name": "a/b", "bundle": "tiny"}), 422, "invalid-input", "a/b")
    refused(client.post(GALLERIES, json={"name": "x"}), 422, "query-invalid", "bundle")
    assert [each["name"] for each in client.get(GALLERIES).json()["galleries"]] == ["demo"]


def test_a_gallery_is_not_deleted_under_a_job_nor_by_who_has_not_seen_it(own: TestClient) -> None:
    seen = own.get(DEMO).headers["etag"]
    clip_id = own.get(f"{DEMO}/clips").json()["clips"][0]["id"]
    own.patch(f"{DEMO}/clips/{clip_id}", json={"labels": ["new"]})
    refused(own.delete(DEMO, headers={"if-match": seen}), 412, "precondition-failed")
    job = own.post(f"{DEMO}/jobs/compact").json()
    refused(own.delete(DEMO), 409, "conflict", job["id"], "queued")
    own.post(f"/v1/jobs/{job['id']}/cancel")
    assert own.delete(DEMO, headers={"if-match": own.get(DEMO).headers["etag"]}).status_code == 204


def test_a_generation_is_activated_if_the_expected_one_is_active(own: TestClient) -> None:
    own.post(f"{DEMO}/reindex", json={"bundle": "other", "force": True, "expected": 1})
    first, second = (f"{DEMO}/generations/{number}" for number in (1, 2))
    assert (own.get(first).json()["active"], own.get(second).json()["active"]) == (False, True)
    assert own.get(second).json() == own.get(f"{DEMO}/generations").json()["generations"][1]
    refused(own.post(f"{first}/activate", json={"expected": 1}), 409, "conflict", "generation 1", "2")
    refused(own.post(f"{first}/activate"), 422, "query-invalid")
    refused(own.post(f"{DEMO}/reindex", json={"expected": 1}), 409, "conflict", "generation 1", "2")
    refused(own.post(f"{DEMO}/jobs/reindex", json={"expected": 1}), 409, "conflict", "generation 1", "2")
    refused(own.post(f"{DEMO}/rollback", json={"expected": 1}), 409, "conflict", "generation 1", "2")
    done = own.post(f"{first}/activate", json={"expected": 2}).json()
    assert (done["generation"], done["bundle"]) == (1, "tiny")
    forward = own.post(f"{second}/activate", json={"expected": 1}).json()
    assert (forward["generation"], own.get(SEARCH, params={"text": "bell"}).json()["bundle"]) == (2, "other")
    assert own.post(f"{second}/activate", json={"expected": 2}).json()["generation"] == 2
    refused(own.post(f"{DEMO}/generations/9/activate", json={"expected": 2}), 404, "generation-not-found", "9")


def test_a_generation_that_is_not_active_can_be_dropped(own: TestClient, own_library: Path) -> None:
    own.post(f"{DEMO}/reindex", json={"bundle": "other", "force": True})
    refused(own.delete(f"{DEMO}/generations/2"), 409, "conflict", "active")
    refused(own.delete(f"{DEMO}/generations/3"), 404, "generation-not-found", "3")
    assert own.delete(f"{DEMO}/generations/1").status_code == 204
    refused(own.get(f"{DEMO}/generations/1"), 404, "generation-not-found", "1", "2")
    refused(own.post(f"{DEMO}/rollback"), 404, "generation-not-found")
    assert [each["number"] for each in own.get(f"{DEMO}/generations").json()["generations"]] == [2]


def test_jobs_are_listed_page_by_page_of_a_gallery_and_a_kind(own: TestClient) -> None:
    own.post(GALLERIES, json={"name": "birds", "bundle": "tiny"})
    asked = [
        own.post(f"{GALLERIES}/{gallery}/jobs/{kind}").json()
        for gallery, kind in [("demo", "compact"), ("birds", "compact"), ("demo", "reindex")] * 4
    ]
    newest = [each["id"] for each in sorted(asked, key=lambda job: (job["made_at"], job["id"]), reverse=True)]
    for limit in (1, 3, 5, 12, 100):
        assert pages(own, limit=limit) == newest
    found = pages(own, limit=2, gallery="demo", kind="compact")
    assert found == [each for each in newest if of(asked, each) == ("demo", "compact")]
    own.post(f"/v1/jobs/{found[1]}/cancel")
    own.post(f"/v1/jobs/{found[1]}/retry")
    assert set(pages(own, limit=2, gallery="demo", kind="compact")) == set(found)
    assert pages(own, limit=2, state="running") == []
    refused(own.get("/v1/jobs", params={"cursor": "x"}), 422, "query-invalid", "cursor")


def of(jobs: list[Any], job_id: str) -> tuple[str, str]:
    return next((each["gallery"], each["kind"]) for each in jobs if each["id"] == job_id)


def pages(client: TestClient, **asked: Any) -> list[str]:
    found, cursor = list[str](), dict[str, str]()
    while True:
        page = client.get("/v1/jobs", params={**asked, **cursor}).json()
        assert len(page["jobs"]) <= asked["limit"]
        found += [each["id"] for each in page["jobs"]]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


def test_a_caller_sees_the_jobs_of_their_galleries_page_by_page(own: TestClient) -> None:
    own.post(GALLERIES, json={"name": "birds", "bundle": "tiny"})
    for gallery in ["demo", "birds", "birds", "demo", "birds", "birds", "birds", "demo"]:
        own.post(f"{GALLERIES}/{gallery}/jobs/compact")
    board: Board = own.app.state.resources.board  # type: ignore[attr-defined]
    caller = Caller("anna", frozenset({"ingest"}), frozenset({"demo"}))
    every, theirs, cursor = board.listed(), list[Job](), None
    while True:
        page = job_listing.page(board, caller, Wanted(), cursor=cursor, limit=1)
        theirs += page.jobs
        if (cursor := page.next) is None:
            break
    assert theirs == [each for each in every if each.gallery == "demo"]
    assert len(theirs) == 3
    with pytest.raises(NotAllowed):
        job_listing.page(board, caller, Wanted(gallery="birds"), cursor=None, limit=1)
    with pytest.raises(JobNotFound):
        job_listing.seen(board, caller, next(each.id for each in every if each.gallery == "birds"))


def test_a_comment_keeps_the_line_open_while_nothing_happens(own: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "ALIVE_S", 0.01)
    board: Board = own.app.state.resources.board  # type: ignore[attr-defined]
    job = board.get(own.post(f"{DEMO}/jobs/compact").json()["id"])

    async def heard() -> list[str]:
        lines = events.progress_events(
            board, job, is_leaving=lambda: False, may=lambda: True, known=events.event_id(job)
        )
        return [await anext(lines) for _ in range(3)]

    assert asyncio.run(heard()) == ["retry: 1000\n\n", ": alive\n\n", ": alive\n\n"]


@pytest.mark.parametrize("name", ["ada", ""])
def test_a_line_breaks_off_once_the_key_of_who_watches_is_revoked(
    own: TestClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEY_S", 0.0)
    monkeypatch.setattr(events, "LOOK_S", 0.01)
    monkeypatch.setattr(events, "ALIVE_S", 0.0)
    board: Board = own.app.state.resources.board  # type: ignore[attr-defined]
    keys: Keys = own.app.state.resources.galleries.keys  # type: ignore[attr-defined]
    job = board.get(own.post(f"{DEMO}/jobs/compact").json()["id"])
    keys.create(Grant("ada", ("ingest",), None, None, None, None))
    may = partial(events.still_counts, keys, Caller(name, frozenset({"ingest"})))

    async def heard() -> int:
        lines = events.progress_events(board, job, is_leaving=lambda: False, may=may)
        before = [await anext(lines) for _ in range(5)]
        keys.revoke("ada")
        async for each in lines:
            before.append(each)
            if len(before) == 25:
                break
        return len(before)

    assert asyncio.run(heard()) == (5 if name else 25)


def test_who_has_seen_a_jobs_end_is_told_that_nothing_comes(own: TestClient) -> None:
    job = own.post(f"{DEMO}/jobs/compact").json()
    own.post(f"/v1/jobs/{job['id']}/cancel")
    address = f"/v1/jobs/{job['id']}/events"
    lines = own.get(address).text.splitlines()
    last = next(each.removeprefix("id: ") for each in lines if each.startswith("id: "))
    assert "event: ended" in lines
    assert own.get(address, headers={"last-event-id": last}).status_code == 204
    assert "event: ended" in own.get(address, headers={"last-event-id": "another"}).text
