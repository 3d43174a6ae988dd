"""A service that is killed after it did what it was asked and before it said so: who asks again has it done once."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

import index.replies
from service.app import create_app
from service.settings import Settings
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip
from tests.unit.service.asking import DEMO, OWN
from tests.unit.service.waiting import PATIENCE_S, ROOT

Deed = tuple[str, str, dict[str, Any]]


@contextmanager
def holding(data: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A service that keeps no answer, with its address; killed at the end of the block, by SIGKILL."""
    command = [sys.executable, "-m", "tests.faults.holding", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGKILL)


def deeds(ids: list[str], tag: str, clip: bytes) -> Mapping[str, Deed]:
    """Requests of all kinds, each by the key that it is sent with."""
    return {
        "added": ("POST", f"{DEMO}/clips", {"files": {"file": ("clip.mp4", clip)}}),
        "reworded": ("PATCH", f"{DEMO}/clips/{ids[0]}", {"json": {"labels": ["once"]}}),
        "reworded-if": ("PATCH", f"{DEMO}/clips/{ids[1]}", {"json": {"labels": ["if"]}, "headers": {"If-Match": tag}}),
        "removed": ("DELETE", f"{DEMO}/clips/{ids[2]}", {}),
        "gallery": ("POST", "/v1/galleries", {"json": {"name": "birds", "bundle": "tiny"}}),
        "vocabulary": ("PUT", "/v1/vocabularies/kitchen", {"json": {"classes": ["pan", "knife"]}}),
        "job": ("POST", f"{DEMO}/jobs/compact", {}),
        "uploads": ("POST", f"{DEMO}/jobs/upload", {"files": {"files": ("clip.mp4", clip)}}),
    }


ANSWERS = {
    "added": (201, 200),
    "reworded": (200, 200),
    "reworded-if": (200, 412),
    "removed": (204, 404),
    "gallery": (201, 409),
    "vocabulary": (201, 200),
    "job": (202, 202),
    "uploads": (202, 202),
}
"""By key: what was to be answered, and what who asks again is answered instead."""


def ask(client: Any, key: str, deed: Deed) -> Any:
    method, path, sent = deed
    return client.request(method, path, **{**sent, "headers": {**sent.get("headers", {}), "Idempotency-Key": key}})


def test_what_was_done_by_a_service_that_was_killed_is_not_done_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tiny_library(tmp_path)
    clip = tiny_clip(tmp_path / "clip.mp4", seconds=1.0).read_bytes()
    with holding(data) as (process, address), httpx.Client(base_url=address, timeout=PATIENCE_S) as client:
        ids = [each["id"] for each in client.get(f"{DEMO}/clips").json()["clips"]]
        all_deeds = deeds(ids, client.get(f"{DEMO}/clips/{ids[1]}").headers["etag"], clip)
        with ThreadPoolExecutor(len(all_deeds)) as hands:
            asking = [hands.submit(ask, client, key, deed) for key, deed in all_deeds.items()]
            assert process.stdout is not None
            held = dict(process.stdout.readline().split() for _ in all_deeds)
            process.send_signal(signal.SIGKILL)
            assert {type(each.exception()) for each in asking} <= {httpx.RemoteProtocolError, httpx.ReadError}
    assert {key: int(status) for key, status in held.items()} == {key: first for key, (first, _) in ANSWERS.items()}

    with TestClient(create_app(Settings(data=data, job_workers=0)), OWN) as client:
        at_work = ask(client, "added", all_deeds["added"])
        assert (at_work.status_code, at_work.headers["retry-after"]) == (409, "1")
        monkeypatch.setattr(index.replies, "DEAD_S", 0.0)  # as after half a minute
        again = {key: ask(client, key, deed) for key, deed in all_deeds.items()}
        assert {key: each.status_code for key, each in again.items()} == {
            key: last for key, (_, last) in ANSWERS.items()
        }
        _check(client, ids)
        monkeypatch.undo()
        kept = {key: ask(client, key, deed) for key, deed in all_deeds.items() if again[key].is_success}
        assert all(each.headers["idempotency-replayed"] == "true" for each in kept.values())
        assert all(each.content == again[key].content for key, each in kept.items())
        _check(client, ids)


def _check(client: TestClient, ids: list[str]) -> None:
    """Everything was done, and once."""
    clips = {each["id"]: each for each in client.get(f"{DEMO}/clips").json()["clips"]}
    assert len(clips) == len(ids)  # one more, and one less
    assert (clips[ids[0]]["labels"], clips[ids[1]]["labels"], ids[2] in clips) == (["once"], ["if"], False)
    assert [each["name"] for each in client.get("/v1/galleries").json()["galleries"]] == ["birds", "demo"]
    assert client.get("/v1/vocabularies/kitchen").json()["version"] == 1
    assert sorted(each["kind"] for each in client.get("/v1/jobs").json()["jobs"]) == ["compact", "ingest"]
