"""Requests that are sent twice over HTTP: done once, answered twice."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import httpx
import pytest
from starlette.testclient import TestClient

import index.replies
from index.catalog.replies import Asked
from index.galleries import Galleries
from index.gallery import Gallery
from service import replies
from service.app import create_app
from service.callers.scopes import SCOPES
from service.settings import Settings
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused
from tests.unit.service.running import running
from tests.unit.service.waiting import PATIENCE_S, until_true

CLIPS = f"{DEMO}/clips"
KEY, OTHER = {"Idempotency-Key": '"one"'}, {"Idempotency-Key": "other"}
GALLERY = {"name": "birds", "bundle": "tiny"}


@pytest.fixture
def own(own_library: Path) -> Iterator[TestClient]:
    """A service whose galleries a test may change; its jobs wait."""
    settings = Settings(data=own_library, job_workers=0)
    with TestClient(create_app(settings), OWN, raise_server_exceptions=False) as client:
        yield client


def sent(client: Any, clip: Path, key: dict[str, str] = KEY, **form: Any) -> Any:
    return client.post(CLIPS, data=form, files={"file": (clip.name, clip.read_bytes(), "video/mp4")}, headers=key)


def same(first: Any, again: Any) -> bool:
    kept = ("content-type", "location", "etag")
    return (
        (again.status_code, again.content) == (first.status_code, first.content)
        and [again.headers.get(each) for each in kept] == [first.headers.get(each) for each in kept]
        and "idempotency-replayed" not in first.headers
        and again.headers.get("idempotency-replayed") == "true"
    )


def test_a_form_with_a_file_is_done_once_whatever_sets_its_parts_apart(own: TestClient, clip: Path) -> None:
    first = sent(own, clip, labels=["bell"])
    assert first.status_code == 201
    own.delete(first.headers["location"])
    again = sent(own, clip, labels=["bell"])
    assert again.request.headers["content-type"] != first.request.headers["content-type"]
    assert same(first, again)
    assert again.headers["x-content-type-options"] == "nosniff"
    assert own.get(first.headers["location"]).status_code == 404


def test_the_same_key_with_anything_else_is_refused(own: TestClient, clip: Path, silent_clip: Path) -> None:
    sent(own, clip, labels=["bell"])
    refused(sent(own, clip, labels=["other"]), 422, "key-reused", "one")
    refused(sent(own, silent_clip, labels=["bell"]), 422, "key-reused", "one")
    refused(own.post("/v1/galleries", json=GALLERY, headers=KEY), 422, "key-reused", "one")
    refused(own.delete(f"{CLIPS}/x", headers=KEY), 422, "key-reused", "one")
    assert sent(own, silent_clip, {"Idempotency-Key": "another"}).status_code == 201


def test_the_same_key_with_another_etag_is_another_request(own: TestClient, clip: Path) -> None:
    added = sent(own, clip, {"Idempotency-Key": "adding"})
    address, words = added.headers["location"], {"labels": ["bell"]}
    first = own.patch(address, json=words, headers={"If-Match": added.headers["etag"], **KEY})
    assert first.status_code == 200
    assert same(first, own.patch(address, json=words, headers={"If-Match": added.headers["etag"], **KEY}))
    looked_again = {"If-Match": first.headers["etag"], **KEY}
    refused(own.patch(address, json=words, headers=looked_again), 422, "key-reused", "one")
    refused(own.patch(address, json=words, headers=KEY), 422, "key-reused", "one")


@pytest.mark.parametrize("key", ["two", '"two"', "8e03978e-40d5-43dd-bc93-6894a57f9324", "x" * 255])
def test_json_an_empty_body_and_an_empty_answer_are_answered_again(own: TestClient, key: str) -> None:
    name = {"Idempotency-Key": key}
    first = own.post("/v1/galleries", json=GALLERY, headers=name)
    assert first.status_code == 201
    assert same(first, own.post("/v1/galleries", json=GALLERY, headers=name))
    gone = own.delete("/v1/galleries/birds", headers=OTHER)
    assert gone.status_code == 204
    assert same(gone, own.delete("/v1/galleries/birds", headers=OTHER))


def test_a_job_is_asked_for_once(own: TestClient) -> None:
    first = own.post(f"{DEMO}/jobs/compact", headers=KEY)
    assert same(first, own.post(f"{DEMO}/jobs/compact", headers=KEY))
    assert own.post(f"{DEMO}/jobs/compact").json()["id"] != first.json()["id"]
    assert len(own.get("/v1/jobs").json()["jobs"]) == 2


def test_a_refusal_is_not_kept(own: TestClient) -> None:
    refused(own.post("/v1/galleries", json={"name": "birds", "bundle": "none"}, headers=KEY), 404, "bundle-not-found")
    refused(own.post("/v1/galleries", json={"name": "birds"}, headers=KEY), 422, "query-invalid")
    assert own.post("/v1/galleries", json=GALLERY, headers=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "ü".encode().decode("latin-1"), 'a"b', '"a'])
def test_a_key_that_is_none_is_refused(client: TestClient, key: str) -> None:
    answer = client.post("/v1/galleries", json={}, headers={b"Idempotency-Key": key.encode("latin-1")})
    assert answer.status_code == 422
    refused(
        client.delete(f"{CLIPS}/nothing", headers={b"Idempotency-Key": key.encode("latin-1")}),
        422,
        "query-invalid",
        "Idempotency-Key",
    )


def test_what_only_asks_takes_no_notice_of_it(client: TestClient) -> None:
    assert client.get(SEARCH, params={"text": "bell"}, headers=KEY).status_code == 200
    for text in ("bell", "dog"):
        body = {"route": "text->video", "queries": [{"text": text}]}
        answer = client.post(f"{SEARCH}/batch", json=body, headers=KEY)
        assert (answer.status_code, "idempotency-replayed" in answer.headers) == (200, False)


def test_every_route_that_changes_something_can_be_sent_twice(client: TestClient) -> None:
    changing = {
        route
        for route, scope in SCOPES.items()
        if scope in ("ingest", "admin") and not route.startswith("GET ") and "/v1/keys" not in route
    }
    taking = {
        f"{method.upper()} {path}"
        for path, methods in client.get("/openapi.json").json()["paths"].items()
        for method, operation in methods.items()
        if any(each["name"] == "idempotency-key" for each in operation.get("parameters", ()))
    }
    assert changing <= taking


def test_of_many_at_one_moment_one_is_done_and_the_others_wait_or_see_its_answer(own_library: Path) -> None:
    with running(create_app(Settings(data=own_library, job_workers=0))) as address:

        def ask(_: int) -> httpx.Response:
            return httpx.post(f"{address}{DEMO}/jobs/compact", headers=KEY, timeout=60)

        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(ask, range(12)))
        assert {each.status_code for each in found} <= {202, 409}
        assert len({each.json()["id"] for each in found if each.status_code == 202}) == 1
        assert all(each.headers["retry-after"] == "1" for each in found if each.status_code == 409)
        assert len(httpx.get(f"{address}/v1/jobs").json()["jobs"]) == 1


def test_another_service_over_the_same_data_answers_again(own: TestClient, own_library: Path) -> None:
    first = own.post(f"{DEMO}/jobs/compact", headers=KEY)
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as other:
        assert same(first, other.post(f"{DEMO}/jobs/compact", headers=KEY))


def test_after_a_death_between_the_work_and_its_answer_a_job_is_found_and_not_put_up_twice(
    own: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the process had been killed: nothing writes that the request has ended, in any way."""
    with monkeypatch.context() as dying:
        for each in ("keep", "leave", "drop"):
            dying.setattr(index.replies.Replies, each, lambda *_: None)
        first = own.post(f"{DEMO}/jobs/compact", headers=KEY)
        clip_id = own.get(CLIPS).json()["clips"][0]["id"]
        own.patch(f"{CLIPS}/{clip_id}", json={"labels": ["x"]}, headers={"Idempotency-Key": "two"})
    waiting = own.post(f"{DEMO}/jobs/compact", headers=KEY)
    refused(waiting, 409, "conflict", "at work")
    assert waiting.headers["retry-after"] == "1"
    monkeypatch.setattr(index.replies, "DEAD_S", 0.0)
    again = own.post(f"{DEMO}/jobs/compact", headers=KEY)
    assert (again.status_code, again.json()) == (202, first.json())
    assert len(own.get("/v1/jobs").json()["jobs"]) == 1
    assert same(again, own.post(f"{DEMO}/jobs/compact", headers=KEY))
    patched = own.patch(f"{CLIPS}/{clip_id}", json={"labels": ["x"]}, headers={"Idempotency-Key": "two"})
    assert patched.json()["labels"] == ["x"]


def test_an_upload_job_that_died_on_its_way_begins_anew(
    own: TestClient, own_library: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask() -> Any:
        return own.post(f"{DEMO}/jobs/upload", files={"files": (clip.name, clip.read_bytes())}, headers=KEY)

    with monkeypatch.context() as dying:
        dying.setattr("service.jobs.items.write", broken)
        dying.setattr("shutil.rmtree", lambda *_, **__: None)
        assert ask().status_code == 500
    assert len(list((own_library / "jobs").iterdir())) == 1
    found = ask()
    assert found.status_code == 202
    assert [each.name for each in (own_library / "jobs").iterdir()] == [found.json()["id"]]
    assert same(found, ask())


def broken(*_: object) -> None:
    raise RuntimeError("the process is not well")


def test_who_is_long_at_work_says_so(own: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "BEAT_S", 0.01)
    seen = list[object]()
    touch, create = index.replies.Replies.touch, Galleries.create

    def seen_touch(replies: index.replies.Replies, turn: index.replies.Turn) -> None:
        seen.append(turn)
        touch(replies, turn)

    def slow_create(galleries: Galleries, name: str, bundle: str) -> Gallery:
        until_true(lambda: len(seen) > 2)
        return create(galleries, name, bundle)

    monkeypatch.setattr(index.replies.Replies, "touch", seen_touch)
    monkeypatch.setattr(Galleries, "create", slow_create)
    assert own.post("/v1/galleries", json=GALLERY, headers=KEY).status_code == 201
    counted = len(seen)
    time.sleep(0.1)
    assert len(seen) <= counted + 1


def test_who_is_slow_to_take_an_answer_is_at_work_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "BEAT_S", 0.01)
    known = create_autospec(index.replies.Replies, instance=True)

    async def story() -> None:
        async def take_slowly(_: object) -> None:
            await asyncio.wait((beating,), timeout=PATIENCE_S)

        keeping = replies.Keeping(known, take_slowly)
        keeping.begin(index.replies.Turn(Asked("ada", "one"), "job"))
        (beating,) = asyncio.all_tasks() - {asyncio.current_task()}
        await keeping.send({"type": "http.response.start", "status": 201, "headers": []})
        await keeping.send({"type": "http.response.body", "body": b"done"})
        await beating
        await keeping.end()

    asyncio.run(story())
    assert known.keep.call_count == 1
    assert None not in [call.args[0] for call in known.touch.call_args_list]


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(own: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "MOST_BYTES", 10)
    assert own.post("/v1/galleries", json=GALLERY, headers=KEY).json()["name"] == "birds"
    refused(own.post("/v1/galleries", json=GALLERY, headers=KEY), 409, "conflict", "birds")
