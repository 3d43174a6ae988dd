"""Parameters that no route knows are refused, and bodies of a type that a route does not read."""

from fastapi import Request
from fastapi.params import Form
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from models.errors import QueryInvalid

FORM = "multipart/form-data"


async def known_only(request: Request) -> None:
    """Refuse query parameters and form fields that the route does not declare.

    Raises:
        QueryInvalid: naming the odd ones and the known ones.
        HTTPException: 415 where a form is expected and something else came.
    """
    route = request.scope["route"]
    assert isinstance(route, APIRoute)
    query, form = _declared(route)
    _refuse_odd("query parameter", set(request.query_params), query)
    if form:
        _expect_form(request)
        _refuse_odd("form field", set(await request.form()), form)


def _declared(route: APIRoute) -> tuple[set[str], set[str]]:
    """The names of the query parameters and form fields of a route and of all it depends on."""
    query: set[str] = set()
    form: set[str] = set()
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        query |= {field.alias for field in dependant.query_params}
        form |= {field.alias for field in dependant.body_params if isinstance(field.field_info, Form)}
        waiting += dependant.dependencies
    return query, form


def _expect_form(request: Request) -> None:
    found = request.headers.get("content-type", "nothing").split(";")[0]
    if found.lower() != FORM:
        raise HTTPException(415, f"the body is {found}, expected {FORM}")


def _refuse_odd(kind: str, found: set[str], known: set[str]) -> None:
    if odd := sorted(found - known):
        names = f"it knows {', '.join(sorted(known))}" if known else "it knows none"
        raise QueryInvalid(f"this route has no {kind} {', '.join(map(repr, odd))}; {names}")
