"""Clips added, listed and removed over HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.tiny.clips import tiny_clip
from tests.unit.service.asking import DEMO, SEARCH, refused, upload

CLIPS = f"{DEMO}/clips"


def found(client: TestClient) -> set[str]:
    return {hit["clip"]["id"] for hit in client.get(SEARCH, params={"text": "bell", "k": 50}).json()["hits"]}


def test_a_clip_is_found_from_the_answer_on_and_gone_from_its_deletion_on(own: TestClient, clip: Path) -> None:
    told: dict[str, Any] = {"labels": ["one", "two"], "metadata": json.dumps({"year": 1999, "é": [None, True]})}
    answer = upload(own, CLIPS, clip, **told)
    made = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"{CLIPS}/{made['id']}")
    assert (made["name"], made["labels"], made["metadata"]) == (
        "clip.mp4",
        ["one", "two"],
        {"year": 1999, "é": [None, True]},
    )
    assert own.get(answer.headers["location"]).json() == made
    assert made["id"] in found(own)
    gone = own.delete(answer.headers["location"])
    assert (gone.status_code, gone.content) == (204, b"")
    assert made["id"] not in found(own)
    assert own.get(DEMO).json()["clips"] == 6
    refused(own.delete(answer.headers["location"]), 404, "clip-not-found", made["id"])


def test_the_same_bytes_are_the_clip_that_is_there(own: TestClient, clip: Path) -> None:
    made = upload(own, CLIPS, clip, labels=["first"]).json()
    again = upload(own, CLIPS, clip, labels=["second"])
    assert (again.status_code, again.json()) == (200, made)
    assert again.headers["location"] == f"{CLIPS}/{made['id']}"


@pytest.mark.parametrize("metadata", ["[1]", "{", "nothing", '{"a": NaN}', '{"a": 1e999}'])
def test_metadata_that_is_no_object_is_refused(client: TestClient, clip: Path, metadata: str) -> None:
    answer = upload(client, CLIPS, clip, metadata=metadata)
    assert answer.status_code == 422
    assert answer.json()["type"] in ("/problems/query-invalid", "/problems/invalid-input")
    assert client.get(DEMO).json()["clips"] == 6


def test_a_file_that_is_no_clip_is_refused(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"no clip at all")
    refused(upload(client, CLIPS, tmp_path / "no.mp4"), 422, "media-invalid")


def test_pages_have_every_clip_once_in_their_order_whatever_comes_between(own: TestClient, tmp_path: Path) -> None:
    every = [each["id"] for each in own.get(CLIPS).json()["clips"]]
    first = own.get(CLIPS, params={"limit": 4}).json()
    assert [each["id"] for each in first["clips"]] == every[:4]
    own.delete(f"{CLIPS}/{every[3]}")
    new = upload(own, CLIPS, tiny_clip(tmp_path / "new.mp4", seconds=0.5, tone_hz=1234.0)).json()
    last = own.get(CLIPS, params={"limit": 4, "cursor": first["next"]}).json()
    assert ([each["id"] for each in last["clips"]], last["next"]) == ([*every[4:], new["id"]], None)


def test_a_page_of_one_label_has_its_clips(client: TestClient) -> None:
    page = client.get(CLIPS, params={"label": "bell ringing", "limit": 2}).json()
    assert [each["labels"] for each in page["clips"]] == [["bell ringing"]] * 2
    assert page["next"] is None
    assert client.get(CLIPS, params={"label": "none"}).json() == {"clips": [], "next": None}


@pytest.mark.parametrize("asked", [{"limit": "0"}, {"limit": "1001"}, {"cursor": "-1"}, {"cursor": "last"}])
def test_a_page_that_is_none_is_refused(client: TestClient, asked: dict[str, str]) -> None:
    refused(client.get(CLIPS, params=asked), 422, "query-invalid", *asked)
