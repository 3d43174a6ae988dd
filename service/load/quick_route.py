"""A way past FastAPI for what is asked most: its parameters are read by a plan that is made once."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_origin

from fastapi import APIRouter, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from service.http.parameters import refuse_odd
from service.load.lanes import Lanes, waiting_for

NOTHING: tuple[str, ...] = ()
MISSING = {"type": "missing", "msg": "Field required", "input": None}


def way_past(router: APIRouter, endpoint: Callable[..., object]) -> "QuickRoute":
    """To the GET route of a router that a function answers."""
    (route,) = [each for each in router.routes if isinstance(each, APIRoute) and each.endpoint is endpoint]
    return QuickRoute(route)


class QuickRoute(BaseRoute):
    """Stands before a GET route that takes parameters of path and query, and dependencies that are coroutines of such.

    What its function returns is the response itself.

    FastAPI looks at the types of all parameters anew for each request, which takes longer than a search. What is
    described is FastAPI's own route; what is answered and refused is the same.
    """

    def __init__(self, route: APIRoute) -> None:
        self._route, self._plan = route, Plan.of(route.dependant)
        self._known = self._plan.known

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route, for GET alone."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return Match.NONE, {}
        found = self._route.path_regex.match(scope["path"])
        if found is None:
            return Match.NONE, {}
        return Match.FULL, {"path_params": found.groupdict(), "route": self._route, "endpoint": self._route.endpoint}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer, in the lane of the route; raises what the function raises, and as `known_only` does."""
        request = Request(scope, receive, send)
        found = self._found(request)
        lanes: Lanes = scope["app"].state.lanes
        lane = lanes.of(request)
        assert lane is not None
        began_s = await waiting_for(lane, request)
        try:
            response = await self._plan.call(request, found)
        finally:
            lane.leave(began_s)
        assert isinstance(response, Response), response
        await response(scope, receive, send)

    def _found(self, request: Request) -> Mapping[str, Sequence[str]]:
        """The query parameters, each with all its values; raises QueryInvalid for odd ones."""
        pairs = request.query_params.multi_items()
        refuse_odd("query parameter", [name for name, _ in pairs], self._known)
        found: dict[str, list[str]] = {}
        for name, value in pairs:
            found.setdefault(name, []).append(value)
        return found


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of a path or query: what it is called here and there, and what checks it."""

    name: str
    alias: str
    is_repeated: bool
    is_required: bool
    default: Any
    check: Callable[..., tuple[Any, Any]]

    def read(self, found: Sequence[str], where: str, faults: list[Any]) -> Any:
        """Its value, or a fault more."""
        if not found:
            if self.is_required:
                faults.append({**MISSING, "loc": (where, self.alias)})
            return self.default
        value, fault = self.check(found if self.is_repeated else found[-1], {}, loc=(where, self.alias))
        if fault:
            faults.extend(fault if isinstance(fault, list) else [fault])
        return value


@dataclass(frozen=True, slots=True)
class Plan:
    """How to call a function: with what of the request, and what other functions first."""

    function: Callable[..., Coroutine[Any, Any, Any]]
    path: tuple[Parameter, ...]
    query: tuple[Parameter, ...]
    request: str | None
    first: Mapping[str, "Plan"]

    @classmethod
    def of(cls, dependant: Dependant) -> "Plan":
        """Of what FastAPI found in the function's signature."""
        odd = [*dependant.body_params, *dependant.header_params, *dependant.cookie_params]
        assert dependant.call is not None, dependant
        assert not odd, odd
        return cls(
            dependant.call,
            tuple(map(_parameter, dependant.path_params)),
            tuple(map(_parameter, dependant.query_params)),
            dependant.request_param_name,
            {each.name: cls.of(each) for each in dependant.dependencies if each.name is not None},
        )

    @property
    def known(self) -> dict[str, bool]:
        """The query parameters that it takes in all, and whether one may be there more than once."""
        own = {each.alias: each.is_repeated for each in self.query}
        return {name: repeated for plan in self.first.values() for name, repeated in plan.known.items()} | own

    async def call(self, request: Request, found: Mapping[str, Sequence[str]]) -> Any:
        """What the function returns; raises RequestValidationError naming every fault."""
        faults: list[Any] = []
        values = await self._values(request, found, faults)
        if faults:
            raise RequestValidationError(faults)
        return await self.function(**values)

    async def _values(self, request: Request, found: Mapping[str, Sequence[str]], faults: list[Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, plan in self.first.items():
            before = len(faults)
            given = await plan._values(request, found, faults)
            if len(faults) == before:
                values[name] = await plan.function(**given)
        for each in self.path:
            values[each.name] = each.read((request.path_params[each.alias],), "path", faults)
        for each in self.query:
            values[each.name] = each.read(found.get(each.alias, NOTHING), "query", faults)
        if self.request is not None:
            values[self.request] = request
        return values


def _parameter(field: Any) -> Parameter:
    repeated = get_origin(field.field_info.annotation) is tuple
    required = bool(field.field_info.is_required())
    default = None if required else field.default
    return Parameter(field.name, field.alias, repeated, required, default, field.validate)
