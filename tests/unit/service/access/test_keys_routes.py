"""Keys made, listed and revoked over HTTP, and what was done with those of scope admin."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.catalog.keys import Grant
from index.galleries import Galleries
from index.keys import KEY
from service.app import create_app
from service.settings import Settings
from tests.unit.service.access.conftest import by
from tests.unit.service.asking import DEMO, OWN, refused


@pytest.fixture
def own_library(own_library: Path) -> Path:
    """A copy of the library without what other tests did there to be written down."""
    with closing(sqlite3.connect(own_library / "catalog.sqlite")) as catalog, catalog:
        catalog.execute("DELETE FROM audit")
    return own_library


@pytest.fixture
def keys(own_library: Path) -> Mapping[str, str]:
    """Keys of its own, by the scope that each has."""
    with closing(Galleries.open(own_library)) as galleries:
        return {each: galleries.keys.create(Grant(each, (each,)))[0] for each in ("search", "ingest", "admin")}


@pytest.fixture
def own(own_library: Path) -> Iterator[TestClient]:
    """A service of this machine, over a library of its own."""
    with TestClient(create_app(Settings(data=own_library)), OWN) as client:
        yield client


def _deeds(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/v1/audit", params=asked).json()["deeds"]
    return found


def test_a_key_is_told_once_and_lets_in(own: TestClient) -> None:
    answer = own.post("/v1/keys", json={"name": "ada", "scopes": ["search", "ingest"], "galleries": ["demo"]})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert KEY.fullmatch(made["key"])
    assert own.get(DEMO, headers=by(made["key"])).status_code == 200
    listed = own.get("/v1/keys")
    assert made["key"] not in listed.text
    assert [{**each, "used_at": None} for each in listed.json()["keys"]] == [
        {name: value for name, value in made.items() if name != "key"}
    ]


def test_a_revoked_key_lets_in_no_more_and_stays_in_the_list(own: TestClient) -> None:
    own.post("/v1/keys", json={"name": "ada"})
    assert own.delete("/v1/keys/ada").status_code == 204
    (found,) = own.get("/v1/keys").json()["keys"]
    assert (found["counts"], found["scopes"]) == (False, ["search"])
    assert found["revoked_at"] is not None
    refused(own.post("/v1/keys", json={"name": "ada"}), 409, "conflict", "'ada'")
    refused(own.delete("/v1/keys/bob"), 404, "key-not-found", "'bob'", "ada")


@pytest.mark.parametrize(
    ("wanted", "parameter"),
    [
        ({"name": "a b"}, "name"),
        ({"name": "a/../b"}, "name"),
        ({}, "name"),
        ({"name": "a", "scopes": []}, "scopes"),
        ({"name": "a", "scopes": ["root"]}, "scopes"),
        ({"name": "a", "galleries": []}, "galleries"),
        ({"name": "a", "rate": "fast"}, "rate"),
        ({"name": "a", "at_once": 0}, "at_once"),
        ({"name": "a", "expires_at": "tomorrow"}, "expires_at"),
        ({"name": "a", "secret": "mine"}, "secret"),
    ],
)
def test_a_key_that_cannot_be_is_refused(own: TestClient, wanted: dict[str, Any], parameter: str) -> None:
    answer = own.post("/v1/keys", json=wanted)
    refused(answer, 422, "query-invalid", parameter)
    assert own.get("/v1/keys").json()["keys"] == []


def test_a_key_that_would_have_expired_is_refused(own: TestClient) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    refused(own.post("/v1/keys", json={"name": "a", "expires_at": past}), 422, "invalid-input", "expired")


def test_what_is_done_is_written_whatever_comes_of_it(own: TestClient) -> None:
    own.post("/v1/keys", json={"name": "ada", "scopes": ["search"]}, headers={"x-request-id": "mine-1"})
    own.post("/v1/keys", json={"name": "ada"})
    own.delete("/v1/keys/bob")
    own.post(f"{DEMO}/rollback", json={"to": 99})
    own.post("/v1/keys", content=b"{", headers={"content-type": "application/json"})
    found = _deeds(own)
    assert [(each["action"], each["status"]) for each in found] == [
        ("POST /v1/keys", 400),
        (f"POST {DEMO}/rollback", 404),
        ("DELETE /v1/keys/bob", 404),
        ("POST /v1/keys", 409),
        ("POST /v1/keys", 201),
    ]
    assert {each["caller"] for each in found} == {""}
    assert (found[-1]["request_id"], found[-1]["detail"]["key"]) == ("mine-1", "ada")
    assert [each["action"] for each in _deeds(own, limit=2)] == ["POST /v1/keys", f"POST {DEMO}/rollback"]


def test_what_only_reads_or_needs_no_admin_is_not_written(own: TestClient) -> None:
    own.get("/v1/keys")
    own.get("/v1/audit")
    own.get(f"{DEMO}/search?text=bell")
    own.delete(f"{DEMO}/clips/{'0' * 32}")
    assert _deeds(own) == []


def test_the_audit_is_read_page_by_page(own: TestClient) -> None:
    for number in range(5):
        own.delete(f"/v1/keys/k{number}")
    pages, cursor = [], None
    while True:
        page = own.get("/v1/audit", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        pages.append([each["action"][-1] for each in page["deeds"]])
        if (cursor := page["next"]) is None:
            break
    assert pages == [["4", "3"], ["2", "1"], ["0"]]


def test_who_tried_what_they_may_not_is_written_with_their_name(own_library: Path, keys: Mapping[str, str]) -> None:
    with TestClient(create_app(Settings(data=own_library, keys="required")), OWN) as client:
        refused(client.delete("/v1/keys/search", headers=by(keys["ingest"])), 403, "not-allowed")
        refused(client.delete("/v1/keys/search"), 401, "unauthorized")
        found = client.get("/v1/audit", headers=by(keys["admin"])).json()["deeds"]
    assert [(each["caller"], each["action"], each["status"]) for each in found] == [
        ("ingest", "DELETE /v1/keys/search", 403)
    ]


@pytest.mark.usefixtures("_clock_stands")
def test_no_key_fills_the_audit_with_what_it_may_not(
    own_library: Path, keys: Mapping[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    address = "/v1/keys/" + "k" * 9000
    with TestClient(create_app(Settings(data=own_library, keys="required")), OWN) as client, caplog.at_level("INFO"):
        for _ in range(102):
            refused(client.delete(address, headers=by(keys["search"])), 403, "not-allowed")
        found = client.get("/v1/audit?limit=1000", headers=by(keys["admin"])).json()["deeds"]
    assert [each["action"] for each in found] == [f"DELETE {address}"[:255]] * 100
    assert len([each for each in caplog.messages if each.startswith("search did DELETE")]) == 102


def test_what_fails_on_the_server_is_written(own_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("service.callers.keyholding.create", broken)
    app = create_app(Settings(data=own_library))
    with TestClient(app, OWN, raise_server_exceptions=False) as client:
        refused(client.post("/v1/keys", json={"name": "ada"}), 500, "internal-error")
        assert [(each["action"], each["status"]) for each in _deeds(client)] == [("POST /v1/keys", 500)]
