"""Vocabularies over HTTP."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.unit.service.asking import refused

ALL = "/v1/vocabularies"
KITCHEN = f"{ALL}/kitchen"
CLASSES = ["a kettle", {"name": "a pan, sizzling", "seen": False}, {"name": "rain", "seen": True}]


def put(client: TestClient, classes: Any = CLASSES, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.put(KITCHEN, json={"classes": classes}, headers=named)


def test_what_was_put_is_got(own: TestClient) -> None:
    made = put(own)
    told = made.json()
    assert (made.status_code, told["name"], told["size"], told["version"]) == (201, "kitchen", 3, 1)
    assert told["classes"] == [
        {"name": "a kettle", "seen": None},
        {"name": "a pan, sizzling", "seen": False},
        {"name": "rain", "seen": True},
    ]
    found = own.get(KITCHEN)
    assert (found.json(), found.headers["etag"]) == (told, made.headers["etag"])
    known = own.get(KITCHEN, headers={"If-None-Match": made.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


def test_putting_again_replaces_all(own: TestClient) -> None:
    first = put(own)
    same, other = put(own), put(own, ["rain"])
    assert [same.status_code, other.status_code] == [200, 200]
    assert same.headers["etag"] == first.headers["etag"] != other.headers["etag"]
    assert (other.json()["version"], other.json()["size"]) == (2, 1)


def test_only_who_has_seen_the_last_one_changes_it(own: TestClient) -> None:
    refused(put(own, If_Match='"0a1b"'), 412, "precondition-failed", "no vocabulary 'kitchen'")
    seen = put(own).headers["etag"]
    now = put(own, ["rain"], If_Match=seen)
    refused(put(own, ["snow"], If_Match=seen), 412, "precondition-failed", "found ETag")
    refused(own.delete(KITCHEN, headers={"If-Match": seen}), 412, "precondition-failed")
    assert own.get(KITCHEN).json()["classes"][0]["name"] == "rain"
    assert own.delete(KITCHEN, headers={"If-Match": now.headers["etag"]}).status_code == 204


def test_only_the_first_makes_it_where_it_must_be_new(own: TestClient) -> None:
    assert put(own, If_None_Match="*").status_code == 201
    refused(put(own, ["rain"], If_None_Match="*"), 412, "precondition-failed", "'kitchen'")
    refused(put(own, If_None_Match='"0a1b"'), 422, "query-invalid", "If-None-Match")
    assert own.get(KITCHEN).json()["size"] == 3


def test_what_is_deleted_is_not_found(own: TestClient) -> None:
    put(own)
    assert own.delete(KITCHEN).status_code == 204
    for answer in (own.get(KITCHEN), own.delete(KITCHEN)):
        refused(answer, 404, "vocabulary-not-found", "'kitchen'")


def test_pages_show_each_once(own: TestClient) -> None:
    for name in ("b", "c", "a"):
        own.put(f"{ALL}/{name}", json={"classes": ["rain"]})
    first = own.get(ALL, params={"limit": 2}).json()
    rest = own.get(ALL, params={"limit": 2, "cursor": first["next"]}).json()
    assert [each["name"] for page in (first, rest) for each in page["vocabularies"]] == ["a", "b", "c"]
    assert (first["next"], rest["next"]) == ("b", None)
    assert "classes" not in first["vocabularies"][0]


@pytest.mark.parametrize(
    ("classes", "word"),
    [
        ([], "classes"),
        (["rain", "RAIN"], "twice"),
        ([" "], "classes"),
        (["x" * 501], "classes"),
        ([f"word {i}" for i in range(1001)], "classes"),
        ([{"name": "rain", "seen": "perhaps"}], "seen"),
    ],
)
def test_classes_that_cannot_be_are_refused(client: TestClient, classes: Any, word: str) -> None:
    refused(put(client, classes), 422, "query-invalid", word)


def test_a_key_that_only_looks_changes_none(own: TestClient) -> None:
    put(own)
    made = own.post("/v1/keys", json={"name": "ada", "scopes": ["search", "ingest"]}).json()
    own.headers["authorization"] = f"Bearer {made['key']}"
    assert own.get(KITCHEN).status_code == own.get(ALL).status_code == 200
    for answer in (put(own, ["rain"]), own.delete(KITCHEN)):
        refused(answer, 403, "not-allowed", "admin")


@pytest.mark.parametrize("name", ["a%20b", "x" * 65, ".hidden"])
def test_names_that_cannot_be_are_refused(client: TestClient, name: str) -> None:
    refused(client.put(f"{ALL}/{name}", json={"classes": ["rain"]}), 422, "invalid-input", "1 to 64 letters")
