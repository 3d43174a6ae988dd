"""The statuses by which each operation may refuse, as the OpenAPI document lists them."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.errors import SightsoundError
from service.callers.scopes import READING, SCOPES
from service.http.problem_schemas import Problem
from service.http.problems import HTTP_TITLES, STATUS

PROBLEM = "application/problem+json"
RETRY_AFTER = {"description": "In how many seconds asking again may help.", "schema": {"type": "integer", "minimum": 1}}
TRANSIENT = frozenset({409, 429, 503})
"""What may be otherwise a while later."""
REFUSAL: dict[str, Any] = {
    "description": "A refusal: a problem document (RFC 9457), whose `type` is an address that explains it.",
    "headers": {"Retry-After": RETRY_AFTER},
    "content": {PROBLEM: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}},
}
"""What stands for those that are not listed: what HTTP itself refuses, and faults of the server."""
OF_HTTP = ("bad-request", "unsupported-media-type", "range-not-satisfiable")
"""Those of HTTP's own that depend on the operation."""
NAMES: Mapping[int, str] = {
    **{status: kind.__name__ for kind, status in STATUS.items()},
    **{HTTP_TITLES[code][0]: code.title().replace("-", "") for code in OF_HTTP},
}
"""What client generators call them."""


def responses() -> dict[str, Any]:
    """Each refusal by its name, for the components of the document."""
    return {NAMES[status]: _refusal(status, title) for status, title in _titles().items()}


def refusals(route: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    """Those of an operation by their status; one that it describes itself stays as it is."""
    found = {str(status): {"$ref": f"#/components/responses/{NAMES[status]}"} for status in _statuses(route, operation)}
    own: dict[str, Any] = operation["responses"]
    return found | own


def _statuses(route: str, operation: Mapping[str, Any]) -> Iterator[int]:
    scope, body = SCOPES.get(route), operation.get("requestBody")
    yield 422
    if "{" in route or body:
        yield 404
    if body:
        yield from (400, 413, 415)
    if scope is not None:
        yield from (401, 403, 429, 503)
    if scope in ("ingest", "admin") and not route.startswith(READING):
        yield 409
    if any(each["name"].startswith("if-") for each in operation.get("parameters", ())):
        yield 412
    if "206" in operation["responses"]:
        yield 416


def _titles() -> dict[int, str]:
    """What each says, in the words of its problem document."""
    own = {status: kind("").title for kind, status in STATUS.items() if kind is not SightsoundError}
    return own | dict(HTTP_TITLES[code] for code in OF_HTTP)


def _refusal(status: int, title: str) -> dict[str, Any]:
    headers = {"headers": REFUSAL["headers"]} if status in TRANSIENT else {}
    return {"description": title, "content": REFUSAL["content"], **headers}
