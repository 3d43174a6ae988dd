"""Refusals of parameters that a route does not know or finds twice, and of bodies of a type that it cannot read."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_origin
from weakref import WeakKeyDictionary

from fastapi import Request
from fastapi.params import Body, Form
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from service.http import invalid

FORM, JSON, MERGE_PATCH = "multipart/form-data", "application/json", "application/merge-patch+json"
Repeatable = Mapping[str, bool]
"""Parameters by name, and whether one may be there more than once."""
Declared = tuple[Repeatable, Repeatable, bool]

_known: WeakKeyDictionary[Callable[..., Any], Declared] = WeakKeyDictionary()


async def known_only(request: Request) -> None:
    """Refuse query parameters and form fields that the route does not declare, or that it could not choose between.

    Raises:
        RequestValidationError: naming the odd ones and the known ones.
        HTTPException: 415 where a form or JSON is expected and something else came.
    """
    route = request.scope["route"]
    assert isinstance(route, APIRoute)
    query, form, json = declared(route)
    refuse_odd("query", [name for name, _ in request.query_params.multi_items()], query)
    if form:
        _expect(FORM, request, named=_bodies(route))
        refuse_odd("form", [name for name, _ in (await request.form()).multi_items()], form)
    if json and await request.body():
        _expect(JSON, request, also=MERGE_PATCH if request.method == "PATCH" else JSON)


def declared(route: APIRoute) -> Declared:
    """As `_declared`, which is looked up once for each function that answers."""
    if (found := _known.get(route.endpoint)) is None:
        found = _known[route.endpoint] = _declared(route)
    return found


def _declared(route: APIRoute) -> Declared:
    """The query parameters and form fields of a route and of all it depends on, and whether it reads JSON."""
    query: dict[str, bool] = {}
    form: dict[str, bool] = {}
    json = False
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        query |= {field.alias: _is_repeatable(field.field_info.annotation) for field in dependant.query_params}
        for field in dependant.body_params:
            if isinstance(field.field_info, Form):
                form[field.alias] = _is_repeatable(field.field_info.annotation)
            json = json or type(field.field_info) is Body
        waiting += dependant.dependencies
    return query, form, json


def _is_repeatable(annotation: object) -> bool:
    return get_origin(annotation) is tuple


def _bodies(route: APIRoute) -> str:
    """The types of a body that its path takes beside a form, by another route: as the route's description says."""
    others = (route.openapi_extra or {}).get("requestBody", {}).get("content", {})
    return " or ".join((FORM, *others))


def _expect(wanted: str, request: Request, *, also: str | None = None, named: str | None = None) -> None:
    found = request.headers.get("content-type", "of no type").split(";")[0]
    if found.strip().lower() not in (wanted, also):
        raise HTTPException(415, f"the body is {found[:80]}, expected {named or wanted}")


def refuse_odd(where: str, found: Iterable[str], known: Repeatable) -> None:
    """Refuse names that are not known, and those that are there twice and may not be.

    Args:
        where: query or form.
        found: the names that are there.
        known: those that may be.

    Raises:
        RequestValidationError: naming the odd ones and the known ones.
    """
    counts: dict[str, int] = {}
    for each in found:  # a Counter takes three times as long for a few
        counts[each] = counts.get(each, 0) + 1
    if odd := counts.keys() - known.keys():
        raise invalid.unknown(where, odd, known)
    if twice := [name for name, count in counts.items() if count > 1 and not known[name]]:
        raise invalid.repeated(where, twice[0], counts[twice[0]])
