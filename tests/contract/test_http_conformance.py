"""The whole HTTP API, asked what its own description allows and what it forbids: every answer is as described."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.python.asgi import ASGIClient
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from service.app import create_app
from service.callers.scopes import SCOPES
from service.routes.page import PAGES
from service.settings import Settings
from tests.tiny.bundles import tiny_library
from tests.unit.service.asking import DEMO, OWN

EXAMPLES = 6
"""Requests of each kind for each operation; ten times as many were tried by hand."""
UNDESCRIBED = {*(f"GET {address}" for address in PAGES), "GET /web/{path:path}", "GET /openapi.json"}
"""The pages and the description itself: not of the API."""
OPERATIONS = sorted(SCOPES.keys() - UNDESCRIBED)

OF_HTTP = {405, 408, 421}
"""What HTTP itself refuses anywhere: `default` stands for it."""


def listed_status(context: Any, response: Response, case: Any) -> bool | None:
    """Every status is listed by the operation itself."""
    listed = case.operation.definition.raw["responses"].keys()
    assert response.status_code in OF_HTTP or str(response.status_code) in listed, f"{response.status_code}: {listed}"
    return None


ANSWERED: tuple[CheckFunction, ...] = (
    not_a_server_error,
    status_code_conformance,
    listed_status,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
)
EXCUSED: Mapping[str, frozenset[CheckFunction]] = {
    # OpenAPI 3.1 knows a stream of events as one text, the check knows each event as an object.
    "GET /v1/jobs/{job_id}/events": frozenset({response_schema_conformance}),
}


@dataclass(frozen=True, slots=True)
class Served:
    """The API as described, who asks, and by name of a parameter something that there is."""

    schema: BaseSchema
    session: ASGIClient
    there: Mapping[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service over six clips."""
    app = create_app(Settings(data=tiny_library(tmp_path_factory.mktemp("library")), job_workers=0))
    config = schemathesis.Config.from_dict({"base-url": OWN, "generation": {"deterministic": True}})
    schema = schemathesis.openapi.from_dict(app.openapi(), config=config)
    schema.app = _requests_of(app)
    with TestClient(app), ASGIClient(schema.app) as session:
        yield Served(schema, session, _there(session))


def _requests_of(app: ASGIApp) -> ASGIApp:
    """The application without its life, which schemathesis would end with every test."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)

    return answering


def _there(session: ASGIClient) -> Mapping[str, str]:
    """Something of every kind that a path names."""
    clip = session.get(f"{OWN}{DEMO}/clips").json()["clips"][0]
    session.put(f"{OWN}/v1/vocabularies/kitchen", json={"classes": ["a pan", "a kettle"]})
    job = session.post(f"{OWN}{DEMO}/jobs/compact").json()
    session.post(f"{OWN}/v1/jobs/{job['id']}/cancel")
    return {"gallery": "demo", "clip_id": clip["id"], "job_id": job["id"], "number": "1", "code": "not-found"}


@pytest.mark.parametrize("route", OPERATIONS)
def test_what_is_allowed_is_answered_as_described(served: Served, route: str) -> None:
    method, _, path = route.partition(" ")
    operation = served.schema[path][method]
    named = {each.name for each in operation.path_parameters} if method != "DELETE" else frozenset[str]()
    existing = {name: value for name, value in served.there.items() if name in named}
    cases = operation.as_strategy(GenerationMode.POSITIVE, path_parameters=existing or None)
    _ask(served, cases, [each for each in ANSWERED if each not in EXCUSED.get(route, ())])


@pytest.mark.parametrize("route", OPERATIONS)
def test_what_is_forbidden_is_refused_as_described(served: Served, route: str) -> None:
    method, _, path = route.partition(" ")
    operation = served.schema[path][method]
    if _takes_anything(operation):
        return
    _ask(served, operation.as_strategy(GenerationMode.NEGATIVE), [*ANSWERED, negative_data_rejection])


def _takes_anything(operation: Any) -> bool:
    """Whether all that can be asked of it is a path and headers of any text."""
    typed = [each for each in operation.path_parameters if each.definition["schema"].get("type") != "string"]
    return not (operation.body or operation.query or typed)


def _ask(served: Served, cases: SearchStrategy[Any], checks: Sequence[CheckFunction]) -> None:
    """Ask some times."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def asked(case: Any) -> None:
        case.call_and_validate(session=served.session, checks=list(checks))

    asked()
