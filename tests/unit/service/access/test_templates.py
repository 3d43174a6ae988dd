"""The table of scopes and the router find the same route for every address."""

from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match, Route

from service.callers.scopes import SCOPES
from service.callers.templates import Templates

TEMPLATES = Templates(SCOPES)
WORDS = sorted({part for route in SCOPES for part in route.split(" ")[1].split("/") if not part.startswith("{")})
PARTS = st.one_of(st.sampled_from([*WORDS, "demo", "7", "{gallery}", "..", "."]), st.text("aA.%é{}", max_size=3))


async def _nothing() -> None: ...


ROUTES = {route: Route(route.split(" ")[1], _nothing, methods=[route.split(" ")[0]]) for route in SCOPES}


@given(method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]), parts=st.lists(PARTS))
def test_an_address_meets_the_row_of_the_route_that_answers_it(method: str, parts: list[str]) -> None:
    path = "/" + "/".join(parts)
    scope = {"type": "http", "method": "GET" if method == "HEAD" else method, "path": path, "root_path": ""}
    fitting = {name: each for name, each in ROUTES.items() if each.matches(scope)[0] is Match.FULL}
    met = TEMPLATES.met(method, path)
    found = f"{met.row.method} {met.row.template}" if met else None
    assert found in (fitting or {None})
    if found is not None and "{gallery}" in found:
        assert met is not None
        assert ROUTES[found].matches(scope)[1]["path_params"]["gallery"] == met.gallery


def test_every_route_meets_its_own_row() -> None:
    for route, scope in SCOPES.items():
        method, _, template = route.partition(" ")
        met = TEMPLATES.met(method, template.replace("{path:path}", "a/b").replace("{gallery}", "demo"))
        assert met is not None
        assert (f"{met.row.method} {met.row.template}", met.row.scope) == (route, scope)
        assert met.gallery == ("demo" if "{gallery}" in route else None)
