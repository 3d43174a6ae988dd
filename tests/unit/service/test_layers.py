"""What stands around every route: in this order, and little of it."""

import asyncio
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Scope

from service.app import create_app
from service.settings import Settings

MOST_CALLS = 220
"""Functions that are called for a constant answer, the framework's own with them: some 190, and room for theirs."""


@contextmanager
def made(settings: Settings) -> Iterator[FastAPI]:
    """An application, closed at the end."""
    app = create_app(settings)
    with app.state.resources:
        yield app


def _layers(settings: Settings) -> list[str]:
    with made(settings) as app:
        return [getattr(each.cls, "__name__", "") for each in app.user_middleware]


def test_requests_pass_the_layers_in_this_order(library: Path) -> None:
    settings = Settings(data=library, job_workers=0)
    assert _layers(settings) == [
        *("Observing", "SecurityHeaders", "OwnSite", "Door", "BodyLimit", "Bodiless", "Keeper"),
    ]
    own = settings.model_copy(update={"cors_origins": ("https://search.example",)})
    assert _layers(own).index("CORSMiddleware") == _layers(settings).index("Door")


def test_what_is_asked_for_by_nobody_is_not_done(library: Path) -> None:
    """Counted, not timed: no keys, rates, traces, lines of the log, tags or bodies are looked after."""

    async def constant(request: object) -> Response:
        return Response(b"{}", media_type="application/json")

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None: ...

    async def asked(app: FastAPI) -> int:
        app.router.routes.insert(0, Route("/constant", constant))
        await app(_scope(), receive, send)  # which makes what is kept
        return await _counted(app, _scope(), receive, send)

    with made(Settings(data=library, job_workers=0)) as app:
        assert asyncio.run(asked(app)) <= MOST_CALLS


async def _counted(app: Any, *asked: Any) -> int:
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    gc.disable()  # what other tests left would be finalized, and counted, within
    sys.setprofile(count)
    try:
        await app(*asked)
    finally:
        sys.setprofile(None)
        gc.enable()
    return calls


def _scope() -> Scope:
    headers = [(b"host", b"127.0.0.1"), (b"user-agent", b"a"), (b"accept", b"*/*")]
    return {
        **{"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "method": "GET"},
        **{"path": "/constant", "raw_path": b"/constant", "root_path": "", "query_string": b"", "headers": headers},
        **{"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {}},
    }
