"""Every route, times every kind of key: who is let in, and who is told what they lack."""

from collections.abc import Mapping

import pytest
from starlette.testclient import TestClient

from service.callers.scopes import SCOPES, Scope
from tests.unit.service.access.conftest import ABSENT, GRANTS, by
from tests.unit.service.asking import refused

WITHOUT = ("none", "wrong", "expired", "revoked")
ROUTES = sorted(route for route, scope in SCOPES.items() if scope)
OPEN = sorted(route for route, scope in SCOPES.items() if not scope and route.startswith("GET "))


def _address(route: str) -> tuple[str, str]:
    """A method and an address that meets a route, and names things that there are not."""
    method, _, template = route.partition(" ")
    path = template.replace("{gallery}", ABSENT).replace("{path:path}", "modules/api.js").replace("{code}", "not-found")
    return method, "/".join("nothing" if part.startswith("{") else part for part in path.split("/"))


def _expected(route: str, scope: Scope, key: str) -> bool:
    """Whether a key lets in: written anew here, by what the document says."""
    grant = GRANTS[key]
    if scope not in grant.scopes and "admin" not in grant.scopes:
        return False
    if "/{gallery}" in route:
        return grant.galleries is None or ABSENT in grant.galleries
    return scope not in ("observe", "admin") or grant.galleries is None


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("key", WITHOUT)
def test_no_route_lets_in_who_has_no_key_that_counts(
    guarded: TestClient, secrets: Mapping[str, str], route: str, key: str
) -> None:
    method, path = _address(route)
    answer = guarded.request(method, path, headers=by(secrets[key]) if key != "none" else {})
    refused(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("route", ROUTES)
def test_every_key_opens_the_routes_that_it_is_for_and_no_others(
    guarded: TestClient, secrets: Mapping[str, str], route: str
) -> None:
    method, path = _address(route)
    scope = SCOPES[route]
    assert scope is not None
    # Where many are let in, a body that no route can read keeps what they ask for from being done.
    body = None if method == "GET" else b"{"
    for key in GRANTS:
        if key == "revoked":
            continue
        headers = {**by(secrets[key]), "content-type": "application/x-nothing"}
        answer = guarded.request(method, path, headers=headers, content=body)
        if _expected(route, scope, key):
            assert answer.status_code not in (401, 429), (key, answer.text)
            assert answer.json()["type"] != "/problems/not-allowed" if answer.status_code == 403 else True, key
        else:
            refused(answer, 403, "not-allowed", repr(key))


@pytest.mark.parametrize("route", OPEN)
def test_what_is_open_needs_no_key_and_minds_none(guarded: TestClient, secrets: Mapping[str, str], route: str) -> None:
    method, path = _address(route)
    for headers in ({}, by(secrets["wrong"]), by(secrets["search"])):
        assert guarded.request(method, path, headers=headers).status_code == 200


def test_what_is_open_tells_more_to_whom_it_concerns(guarded: TestClient, secrets: Mapping[str, str]) -> None:
    told = {name: "parts" in guarded.get("/readyz", headers=by(each)).json() for name, each in secrets.items()}
    assert {name for name, more in told.items() if more} == {"admin", "admin-elsewhere", "admin-here"}
    assert "parts" not in guarded.get("/readyz").json()


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/keys/", "/favicon.ico", "/docs", "/v1/jobs\n", "/v1/keys\n"])
def test_what_is_no_route_tells_strangers_nothing(guarded: TestClient, secrets: Mapping[str, str], path: str) -> None:
    path = path.replace("\n", "%0A")
    for method in ("GET", "POST", "DELETE"):
        if "%" not in path:
            refused(guarded.request(method, path), 401, "unauthorized")
        refused(guarded.request(method, path, headers=by(secrets["search"])), 404, "not-found", path.split("%")[0])
        assert guarded.request(method, path, headers=by(secrets["admin-here"])).status_code == 404


@pytest.mark.parametrize(
    "header", ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "{}", "Digest {}", "bearer{}", "Bearer {} {}"]
)
def test_an_authorization_of_another_form_is_refused(
    guarded: TestClient, secrets: Mapping[str, str], header: str
) -> None:
    sent = header.replace("{}", secrets["admin"])
    refused(guarded.get("/v1/galleries", headers={"authorization": sent}), 401, "unauthorized")


def test_two_keys_are_refused(guarded: TestClient, secrets: Mapping[str, str]) -> None:
    headers = [("authorization", f"Bearer {secrets[name]}") for name in ("search", "admin")]
    refused(guarded.get("/v1/galleries", headers=headers), 400, "bad-request", "authorization more than once")


def test_the_scheme_is_written_in_capitals_or_not(guarded: TestClient, secrets: Mapping[str, str]) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        headers = {"authorization": f"{scheme} {secrets['search']}"}
        assert guarded.get("/v1/galleries", headers=headers).status_code == 200


def test_a_key_in_the_address_counts_for_nothing(guarded: TestClient, secrets: Mapping[str, str]) -> None:
    for name in ("key", "api_key", "access_token"):
        refused(guarded.get(f"/v1/galleries?{name}={secrets['admin']}"), 401, "unauthorized")


def test_on_this_machine_nobody_needs_a_key(client: TestClient) -> None:
    assert client.get("/v1/galleries").status_code == 200
    refused(client.get("/v1/galleries", headers=by("sightsound_" + "0" * 64)), 401, "unauthorized")
