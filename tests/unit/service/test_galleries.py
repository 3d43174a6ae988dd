"""Galleries, bundles, reindexing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused


@pytest.fixture
def own_client(own_library: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(data=own_library)), OWN) as client:
        yield client


def test_a_gallery_says_what_it_holds_and_can_answer(client: TestClient) -> None:
    found = client.get(DEMO).json()
    assert (found["clips"], found["windows"], found["bundle"]) == (6, 6, "tiny")
    assert found["labels"] == {"dog barking": 2, "bell ringing": 2, "ball bouncing": 2}
    assert set(found["routes"]) == {"text->audio", "text->video", "text->av", "audio->video", "video->audio"}
    assert found["channels"] == ["av", "video", "audio"]
    assert client.get("/v1/galleries").json() == {"galleries": [found]}


def test_bundles_are_listed_by_name(client: TestClient) -> None:
    found = client.get("/v1/bundles").json()["bundles"]
    assert [(each["name"], each["method"]) for each in found] == [("other", "tiny"), ("tiny", "tiny")]


def test_reindexing_switches_the_answers_to_the_other_bundle(own_client: TestClient) -> None:
    before = own_client.get(SEARCH, params={"text": "bell"}).json()
    made = own_client.post(f"{DEMO}/reindex", json={"bundle": "other"}).json()
    after = own_client.get(SEARCH, params={"text": "bell"}).json()
    assert (made["gallery"], made["bundle"], made["generation"], made["windows"]) == ("demo", "other", 2, 6)
    assert (before["bundle"], after["bundle"]) == ("tiny", "other")
    assert [hit["score"] for hit in before["hits"]] != [hit["score"] for hit in after["hits"]]
    assert own_client.get(DEMO).json()["generation"] == 2


def test_reindexing_without_a_name_takes_the_bundle_there_is(own_client: TestClient) -> None:
    made = own_client.post(f"{DEMO}/reindex").json()
    assert (made["bundle"], made["generation"]) == ("tiny", 2)


def test_a_bundle_that_is_not_there_is_refused_and_changes_nothing(client: TestClient) -> None:
    refused(client.post(f"{DEMO}/reindex", json={"bundle": "none"}), 404, "bundle-not-found", "'none'", "tiny")
    assert client.get(DEMO).json()["generation"] == 1


def test_an_unknown_key_is_refused(client: TestClient) -> None:
    refused(client.post(f"{DEMO}/reindex", json={"bundel": "other"}), 422, "query-invalid", "bundel")


def test_a_body_that_is_not_json_is_refused(client: TestClient) -> None:
    answer = client.post(f"{DEMO}/reindex", content=b"{", headers={"content-type": "application/json"})
    refused(answer, 400, "bad-request", "body: found", "expected JSON")


def test_a_body_of_another_type_than_json_is_refused(client: TestClient) -> None:
    for found in ("text/plain", "application/x-www-form-urlencoded"):
        answer = client.post(f"{DEMO}/reindex", content=b'{"bundle": "other"}', headers={"content-type": found})
        refused(answer, 415, "unsupported-media-type", found, "expected application/json")


@pytest.mark.parametrize("body", [b"[" * 10_000, b'{"bundle": "\xff"}'])
def test_a_body_that_cannot_be_read_as_json_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post(f"{DEMO}/reindex", content=body, headers={"content-type": "application/json"})
    refused(answer, 400, "bad-request", "a fault at byte", "expected JSON")


def test_a_bundle_without_a_name_is_refused(client: TestClient) -> None:
    refused(client.post(f"{DEMO}/reindex", json={"bundle": ""}), 422, "query-invalid", "bundle: found ''")
