"""Pages of other origins may use the service where they are named, and nowhere else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused, upload

FRIEND, STRANGER = "https://friend.example", "https://stranger.example"
ASKED = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,idempotency-key"}


@pytest.fixture(scope="module")
def open_to_friends(library: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(data=library, cors_origins=(FRIEND,))), OWN) as client:
        yield client


def _allowed(answer: object) -> list[str]:
    return [name for name in answer.headers if name.startswith("access-control-")]  # type: ignore[attr-defined]


def test_nobody_is_named_by_default(client: TestClient) -> None:
    for origin in (FRIEND, STRANGER, "null", OWN):
        assert _allowed(client.get(DEMO, headers={"origin": origin})) == []
        asked = client.options(SEARCH, headers={"origin": origin, **ASKED})
        assert (asked.status_code, _allowed(asked)) == (405, [])


def test_a_page_that_is_named_may_ask_send_and_read_what_matters(open_to_friends: TestClient, clip: Path) -> None:
    asked = open_to_friends.options(SEARCH, headers={"origin": FRIEND, **ASKED})
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == FRIEND
    assert "access-control-allow-credentials" not in asked.headers
    open_to_friends.headers["origin"] = FRIEND
    try:
        found = upload(open_to_friends, SEARCH, clip, from_="audio")
    finally:
        del open_to_friends.headers["origin"]
    assert (found.status_code, found.headers["access-control-allow-origin"]) == (200, FRIEND)
    assert {"Retry-After", "ETag", "RateLimit"} <= set(found.headers["access-control-expose-headers"].split(", "))
    assert "origin" in found.headers["vary"].lower()


@pytest.mark.parametrize("origin", [STRANGER, "null", "https://friend.example.evil.example", "http://friend.example"])
def test_a_page_that_is_not_named_is_let_do_nothing(open_to_friends: TestClient, origin: str) -> None:
    asked = open_to_friends.options(SEARCH, headers={"origin": origin, **ASKED})
    assert asked.status_code == 400
    assert "access-control-allow-origin" not in asked.headers
    assert "access-control-allow-origin" not in open_to_friends.get(DEMO, headers={"origin": origin}).headers
    refused(open_to_friends.post(f"{DEMO}/rollback", headers={"origin": origin}), 403, "forbidden", origin)


def test_refusals_can_be_read_by_a_page_that_is_named(open_to_friends: TestClient) -> None:
    found = open_to_friends.get("/v1/nothing", headers={"origin": FRIEND})
    assert (found.status_code, found.headers["access-control-allow-origin"]) == (404, FRIEND)
    wrong = {"origin": FRIEND, "authorization": "Bearer wrong"}
    found = open_to_friends.get(DEMO, headers=wrong)
    assert (found.status_code, found.headers["access-control-allow-origin"]) == (401, FRIEND)


def test_a_foreign_host_is_refused_before_anybody_is_allowed_anything(open_to_friends: TestClient) -> None:
    asked = open_to_friends.options(SEARCH, headers={"origin": FRIEND, "host": "evil.example", **ASKED})
    refused(asked, 421, "misdirected-request")
    assert _allowed(asked) == []
