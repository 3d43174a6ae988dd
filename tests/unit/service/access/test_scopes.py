"""Every route has its row in the table of scopes, and nothing else has."""

from collections.abc import Iterable, Iterator

import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount, Route
from starlette.testclient import TestClient

from models.errors import NotAllowed
from service.callers.caller import ANYBODY, NOBODY, Caller
from service.callers.scopes import ALL_SCOPES, ALSO_AUDITED, JOB_SCOPES, SCOPES
from service.jobs.kinds import KINDS
from service.load.quick_route import QuickRoute


def _routes(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[str]:
    """The routes of an application by method and template; a HEAD is as its GET."""
    for each in routes:
        if isinstance(each, Route):
            yield from (f"{method} {prefix}{each.path}" for method in each.methods or () if method != "HEAD")
        elif isinstance(each, Mount):
            yield f"GET {each.path}/{{path:path}}"
        elif not isinstance(each, QuickRoute):  # which stands before a route of a router
            within = each.original_router.routes  # type: ignore[attr-defined]
            yield from _routes(within, each.include_context.prefix)  # type: ignore[attr-defined]


def test_every_route_of_the_application_is_in_the_table_and_nothing_else(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    assert set(_routes(client.app.routes)) ^ SCOPES.keys() == set()


def test_what_changes_something_is_never_open_to_all() -> None:
    """Signing in and out changes what a browser keeps, and nothing here."""
    found = {route for route, scope in SCOPES.items() if scope is None and not route.startswith("GET ")}
    assert found == {"POST /v1/session", "DELETE /v1/session"}


def test_every_kind_of_job_says_who_may_steer_it() -> None:
    assert JOB_SCOPES.keys() == KINDS.keys()
    for kind, scope in JOB_SCOPES.items():
        asked = {route for route in SCOPES if route.startswith("POST /v1/galleries/{gallery}/") and kind in route}
        assert {SCOPES[route] for route in asked} <= {scope}
    assert SCOPES.keys() >= ALSO_AUDITED


def test_admin_contains_the_others_and_they_contain_nothing() -> None:
    contained = {
        scope: {each for each in ALL_SCOPES if Caller("k", frozenset({scope})).may(each)} for scope in ALL_SCOPES
    }
    alone = {each: {each} for each in ("search", "ingest", "observe")}
    assert contained == {**alone, "admin": {"search", "ingest", "observe", "admin"}}


def test_a_caller_of_some_galleries_is_refused_at_others() -> None:
    caller = Caller("k", frozenset({"search"}), frozenset({"demo"}))
    caller.check("demo")
    assert (caller.sees("demo"), caller.sees("other")) == (True, False)
    with pytest.raises(NotAllowed, match="'other'; expected demo"):
        caller.check("other")
    with pytest.raises(NotAllowed, match="all galleries"):
        caller.check_all()


def test_anybody_may_do_everything_and_nobody_nothing() -> None:
    assert ANYBODY.may_all
    assert ANYBODY.sees("any")
    assert not any(NOBODY.may(each) or NOBODY.sees("any") for each in ALL_SCOPES)
