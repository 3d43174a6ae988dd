"""A way past FastAPI for what is asked most: its parameters are read by a plan that is made once."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_origin

from cachetools import LRUCache
from fastapi import APIRouter, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from service.http.parameters import refuse_odd
from service.load.lanes import Lanes, waiting_for

Values = Mapping[str, Any]
NOTHING: tuple[str, ...] = ()
REMEMBERED, LONGEST = 1024, 512
"""Queries of addresses whose meaning is kept, of so many bytes at most."""
MISSING = {"type": "missing", "msg": "Field required", "input": None}


def way_past(router: APIRouter, endpoint: Callable[..., object]) -> "QuickRoute":
    """To the GET route of a router that a function answers."""
    (route,) = [each for each in router.routes if isinstance(each, APIRoute) and each.endpoint is endpoint]
    return QuickRoute(route)


class QuickRoute(BaseRoute):
    """Stands before a GET route that takes parameters of path and query, and dependencies that are coroutines of such.

    What its function returns is the response itself.

    FastAPI looks at the types of all parameters anew for each request, which takes longer than a search. What is
    described is FastAPI's own route; what is answered and refused is the same. What a query says is remembered.
    """

    def __init__(self, route: APIRoute) -> None:
        self._route, self._plan = route, Plan.of(route.dependant)
        self._known = self._plan.known
        self._said: LRUCache[bytes, Values] = LRUCache(REMEMBERED)

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
        said = await self._understood(request)
        lanes: Lanes = scope["app"].state.lanes
        lane = lanes.of(request)
        assert lane is not None
        turn = await waiting_for(lane, request)
        try:
            response = await self._plan.call(request, said)
        finally:
            lane.leave(turn)
        assert isinstance(response, Response), response
        await response(scope, receive, send)

    async def _understood(self, request: Request) -> Values:
        """What the query of its address says, which is the same each time; raises as what reads it does."""
        query: bytes = request.scope["query_string"]
        if (known := self._said.get(query)) is not None:
            return known
        said = await self._plan.said(self._found(request))
        if len(query) <= LONGEST:
            self._said[query] = said
        return said

    def _found(self, request: Request) -> Mapping[str, Sequence[str]]:
        """The query parameters, each with all its values; raises QueryInvalid for odd ones."""
        pairs = request.query_params.multi_items()
        refuse_odd("query", [name for name, _ in pairs], self._known)
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
    """How to call a function: with what of the request, and what other functions first.

    Those are of query parameters alone, or of none.
    """

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
        plan = cls(
            dependant.call,
            tuple(map(_parameter, dependant.path_params)),
            tuple(map(_parameter, dependant.query_params)),
            dependant.request_param_name,
            {each.name: cls.of(each) for each in dependant.dependencies if each.name is not None},
        )
        assert all(each.is_of_query or not each.known for each in plan.first.values()), dependant
        return plan

    @property
    def known(self) -> dict[str, bool]:
        """The query parameters that it takes in all, and whether one may be there more than once."""
        own = {each.alias: each.is_repeated for each in self.query}
        return {name: repeated for plan in self.first.values() for name, repeated in plan.known.items()} | own

    @property
    def is_of_query(self) -> bool:
        """Whether nothing but query parameters has a part in it."""
        return self.request is None and not self.path and all(each.is_of_query for each in self.first.values())

    async def said(self, found: Mapping[str, Sequence[str]]) -> Values:
        """What query parameters alone give the function; raises RequestValidationError naming every fault."""
        faults: list[Any] = []
        said = await self._said(found, faults)
        if faults:
            raise RequestValidationError(faults)
        return said

    async def call(self, request: Request, said: Values) -> Any:
        """What the function returns, given what the query said; raises RequestValidationError naming every fault."""
        faults: list[Any] = []
        values = {each.name: each.read((request.path_params[each.alias],), "path", faults) for each in self.path}
        if faults:
            raise RequestValidationError(faults)
        for name, plan in self.first.items():
            if not plan.is_of_query:
                values[name] = await plan.call(request, {})
        if self.request is not None:
            values[self.request] = request
        return await self.function(**said, **values)

    async def _said(self, found: Mapping[str, Sequence[str]], faults: list[Any]) -> Values:
        said: dict[str, Any] = {}
        for name, plan in self.first.items():
            if plan.is_of_query:
                before = len(faults)
                given = await plan._said(found, faults)
                if len(faults) == before:
                    said[name] = await plan.function(**given)
        return said | {each.name: each.read(found.get(each.alias, NOTHING), "query", faults) for each in self.query}


def _parameter(field: Any) -> Parameter:
    repeated = get_origin(field.field_info.annotation) is tuple
    required = bool(field.field_info.is_required())
    default = None if required else field.default
    return Parameter(field.name, field.alias, repeated, required, default, field.validate)
