"""A key that a browser keeps in a cookie: how it gets there, and when it counts."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.catalog.keys import Grant
from index.galleries import Galleries
from service.access.cookies import COOKIE
from service.app import create_app
from service.settings import Settings
from tests.unit.service.access.conftest import by
from tests.unit.service.asking import OWN, refused

SESSION, WHAT = "/v1/session", "/v1/galleries"
SAME = {"sec-fetch-site": "same-origin"}


def with_cookie(secret: str, **headers: str) -> dict[str, str]:
    """What a browser sends that keeps a key."""
    return {"cookie": f"other=1; {COOKIE}={secret}", **{name.replace("_", "-"): each for name, each in headers.items()}}


def kept(answer: Any) -> Morsel[str]:
    """The cookie that an answer has kept."""
    return SimpleCookie(answer.headers["set-cookie"])[COOKIE]


def test_signing_in_keeps_the_key_where_no_script_and_no_other_site_gets_at_it(
    guarded: TestClient, secrets: Mapping[str, str]
) -> None:
    answer = guarded.post(SESSION, headers=by(secrets["search"]))
    cookie = kept(answer)
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (204, b"", "no-store")
    assert cookie.value == secrets["search"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["expires"]) == (True, "strict", "/", "")
    guarded.cookies.clear()


@pytest.mark.parametrize("key", ["wrong", "expired", "revoked"])
def test_a_key_that_does_not_count_is_not_kept(guarded: TestClient, secrets: Mapping[str, str], key: str) -> None:
    for headers in (by(secrets[key]), with_cookie(secrets[key], **SAME), {}):
        answer = guarded.post(SESSION, headers=headers)
        refused(answer, 401, "unauthorized")
        assert "set-cookie" not in answer.headers


def test_signing_out_has_the_browser_forget_and_the_key_go_on_counting(
    guarded: TestClient, secrets: Mapping[str, str]
) -> None:
    answer = guarded.delete(SESSION, headers=with_cookie(secrets["search"], **SAME))
    assert (answer.status_code, kept(answer).value) == (204, "")
    assert "1970" in kept(answer)["expires"]
    assert guarded.get(WHAT, headers=by(secrets["search"])).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "none"}, 200),
        ({"origin": OWN}, 200),
        ({"sec_fetch_site": "same-site"}, 401),
        ({"sec_fetch_site": "cross-site"}, 401),
        ({"sec_fetch_site": "same-origin", "origin": "http://127.0.0.1:3000"}, 401),
        ({"sec_fetch_site": "cross-site", "origin": OWN}, 401),
        ({"origin": "null"}, 401),
        ({}, 401),
    ],
)
def test_a_cookie_counts_where_a_page_of_this_origin_asks(
    guarded: TestClient, secrets: Mapping[str, str], headers: dict[str, str], status: int
) -> None:
    assert guarded.get(WHAT, headers=with_cookie(secrets["search"], **headers)).status_code == status


def test_a_cookie_allows_what_its_key_does_and_nothing_else(guarded: TestClient, secrets: Mapping[str, str]) -> None:
    asking = with_cookie(secrets["search"], sec_fetch_site="same-origin", origin=OWN)
    refused(guarded.get("/v1/keys", headers=asking), 403, "not-allowed", "'search'")
    for key in ("wrong", "expired", "revoked"):
        refused(guarded.get(WHAT, headers=with_cookie(secrets[key], sec_fetch_site="none")), 401, "unauthorized")


def test_a_key_in_the_header_goes_before_one_in_the_cookie(guarded: TestClient, secrets: Mapping[str, str]) -> None:
    both = {**with_cookie(secrets["search"], sec_fetch_site="none"), **by(secrets["both"])}
    assert guarded.get(SESSION, headers=both).json()["name"] == "both"
    refused(guarded.get(WHAT, headers=both | by(secrets["wrong"])), 401, "unauthorized")


@pytest.mark.parametrize(
    "cookie", ["", "=", "\x01", "a" * 9000, f'{COOKIE}="', f"{COOKIE}=;{COOKIE}", f"{COOKIE}\x00=1"]
)
def test_a_cookie_of_another_form_is_none(guarded: TestClient, cookie: str) -> None:
    refused(guarded.get(WHAT, headers={"cookie": cookie, **SAME}), 401, "unauthorized")


@pytest.mark.parametrize("other", ['a="b c', "{}", '{"a": [1, 2]}', "b@d=1", "caf\u00e9", "="])
def test_cookies_of_other_services_are_in_nobodys_way(
    guarded: TestClient, secrets: Mapping[str, str], other: str
) -> None:
    cookie = f"{other}; {COOKIE}={secrets['search']}; {other}".encode()
    answer = guarded.get(WHAT, headers={b"cookie": cookie, b"sec-fetch-site": b"none"})
    assert answer.status_code == 200


def test_who_asks_is_told_what_they_may(guarded: TestClient, secrets: Mapping[str, str]) -> None:
    told = {key: guarded.get(SESSION, headers=by(secrets[key])).json() for key in ("search", "elsewhere", "wrong")}
    assert told["search"] == {"name": "search", "scopes": ["search"], "galleries": None}
    assert told["elsewhere"] == {"name": "elsewhere", "scopes": ["ingest", "search"], "galleries": ["other"]}
    assert told["wrong"] == guarded.get(SESSION).json() == {"name": "", "scopes": [], "galleries": []}


@pytest.fixture
def encrypted(own_library: Path) -> Iterator[tuple[TestClient, str]]:
    """A service behind a proxy that ends TLS, and a key of it for an hour."""
    with closing(Galleries.open(own_library)) as galleries:
        grant = Grant("hour", ("search",), expires_at=time.time() + 3600)
        secret, _ = galleries.keys.create(grant)
    with TestClient(create_app(Settings(data=own_library, behind_tls_proxy=True, job_workers=0)), OWN) as client:
        yield client, secret


def test_where_keys_travel_encrypted_a_cookie_does_and_goes_with_its_key(encrypted: tuple[TestClient, str]) -> None:
    client, secret = encrypted
    cookie = kept(client.post(SESSION, headers=by(secret)))
    assert cookie["secure"]
    expires = time.mktime(time.strptime(cookie["expires"], "%a, %d %b %Y %H:%M:%S GMT"))
    assert expires - time.mktime(time.gmtime()) == pytest.approx(3600, abs=30)


def test_on_this_machine_a_cookie_that_counts_no_more_is_in_nobodys_way(client: TestClient) -> None:
    left_over = with_cookie("sightsound_" + "0" * 64, sec_fetch_site="same-origin")
    assert client.get(WHAT, headers=left_over).status_code == 200
    assert client.get(SESSION, headers=left_over).json()["scopes"] == ["admin", "ingest", "observe", "search"]
    refused(client.post(SESSION), 401, "unauthorized")
