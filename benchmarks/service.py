"""A search by words over HTTP, against the same search without HTTP and HTTP without a search."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from benchmarks.contest import Contest
from service.app import create_app
from service.search.filtering import Narrowing
from service.search.searching import by_words
from service.settings import Settings
from tests.tiny.bundles import CLASSES, tiny_library
from tests.unit.service.running import running

ADDRESSES = [f"/v1/galleries/demo/search?text={name.replace(' ', '+')}&to=video" for name in CLASSES]


@dataclass(frozen=True, slots=True)
class Service:
    """At most so many requests of each kind, one after the other, over one connection on this machine."""

    name: ClassVar[str] = "HTTP"
    requests: int = 300

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """A tiny gallery served by uvicorn; the bare server answers with as many bytes and does nothing else."""
        with TemporaryDirectory() as folder, ExitStack() as serving:
            app = create_app(Settings(data=tiny_library(Path(folder))))
            connection, loop = _connection(serving, app), serving.enter_context(asyncio.Runner())
            bare = _connection(serving, _echo(_get(connection, ADDRESSES[0])))
            addresses, bare_addresses, texts = cycle(ADDRESSES), cycle(ADDRESSES), cycle(CLASSES)
            resources = app.state.resources
            ours, alone, empty = "search by words over HTTP", "the same search in process", "a bare ASGI reply"
            yield Contest(
                ways={
                    ours: lambda: _get(connection, next(addresses)),
                    alone: lambda: loop.run(
                        by_words(resources, "demo", text=next(texts), to="video", narrowed=Narrowing())
                    ),
                    empty: lambda: _get(bare, next(bare_addresses)),
                },
                pairs=[(ours, alone), (ours, empty)],
                most_calls=self.requests,
            )


def _connection(serving: ExitStack, app: ASGIApp) -> HTTPConnection:
    """A connection, kept alive, to an application that is served until the stack closes."""
    address = urlsplit(serving.enter_context(running(app)))
    assert address.hostname is not None
    return serving.enter_context(closing(HTTPConnection(address.hostname, address.port)))


def _get(connection: HTTPConnection, address: str) -> bytes:
    connection.request("GET", address)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    return body


def _echo(body: bytes) -> ASGIApp:
    """An application that answers everything with this JSON."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    return app
