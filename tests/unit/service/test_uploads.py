"""A body over the limit is refused before it is read, over a real socket."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from time import sleep
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from service.incoming.uploads import MEMORY_BYTES, BodyLimit
from tests.unit.service.running import running

LIMIT = 200_000


class Witness:
    """An application that counts the body bytes that reach it."""

    def __init__(self) -> None:
        self.seen = 0
        self.app = Starlette(routes=[Route("/", self.count, methods=["POST"])])
        self.app.add_middleware(BodyLimit, limit_bytes=LIMIT)

    async def count(self, request: Request) -> PlainTextResponse:
        async for chunk in request.stream():
            self.seen += len(chunk)
        return PlainTextResponse(str(self.seen))


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
def address(witness: Witness) -> Iterator[str]:
    with running(witness.app) as at:
        yield at


def endless() -> Iterator[bytes]:
    while True:
        yield bytes(10_000)


def test_a_body_of_the_limit_passes(address: str) -> None:
    assert httpx.post(address, content=bytes(LIMIT)).text == str(LIMIT)


def test_a_body_that_says_it_is_larger_is_refused_with_nothing_read(address: str, witness: Witness) -> None:
    host, port = urlsplit(address).hostname, urlsplit(address).port
    with socket.create_connection((host, port), timeout=5) as connection:
        connection.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT + 1}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))  # to the end: the server closes
    head, body = answer.split(b"\r\n\r\n", 1)
    problem = json.loads(body)
    assert head.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in head
    assert problem["type"] == "/problems/too-large"
    assert str(LIMIT) in problem["detail"]
    assert str(LIMIT + 1) in problem["detail"]
    assert witness.seen == 0


def test_a_body_of_unknown_length_is_refused_as_soon_as_it_passes_the_limit(address: str, witness: Witness) -> None:
    answer = httpx.post(address, content=endless())
    assert answer.status_code == 413
    assert witness.seen <= LIMIT


def test_the_service_goes_on_after_a_refusal(address: str) -> None:
    with httpx.Client(base_url=address) as client:
        assert client.post("/", content=bytes(LIMIT + 1)).status_code == 413
        assert client.post("/", content=b"abc").text == "3"


def test_what_is_no_form_is_held_to_what_fits_in_memory() -> None:
    app = Witness().app
    app.user_middleware.clear()
    app.add_middleware(BodyLimit, limit_bytes=10 * MEMORY_BYTES)
    with TestClient(app) as client:
        assert client.post("/", headers={"Content-Length": str(MEMORY_BYTES + 1)}).status_code == 413
        form = {"Content-Length": str(MEMORY_BYTES + 1), "Content-Type": "multipart/form-data; boundary=x"}
        assert client.post("/", headers=form).status_code == 200


@pytest.mark.parametrize(("limits", "word"), [({"limit_s": 1.0}, b"took over"), ({"silence_s": 1.0}, b"nothing of")])
def test_a_body_that_trickles_is_given_up(limits: dict[str, float], word: bytes) -> None:
    app = Witness().app
    app.user_middleware.clear()
    app.add_middleware(BodyLimit, limit_bytes=LIMIT, **limits)
    with running(app) as address:
        host, port = urlsplit(address).hostname, urlsplit(address).port
        with socket.create_connection((host, port), timeout=30) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")
            with suppress(ConnectionError):  # where it is given up already, as this process was held up
                for _ in range(3):
                    sleep(0.05)
                    connection.sendall(b"x")
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 408")
    assert word in answer


def test_a_connection_that_listens_for_hours_is_not_given_up() -> None:
    """An answer that streams, as progress does, waits for the caller to leave long after the body was whole."""

    async def events(request: Request) -> StreamingResponse:
        async def slow() -> AsyncIterator[str]:
            for _ in range(4):
                await asyncio.sleep(0.1)
                yield "event"

        return StreamingResponse(slow())

    app = Starlette(routes=[Route("/", events)])
    app.add_middleware(BodyLimit, limit_bytes=LIMIT, limit_s=0.1)
    with running(app) as address:
        assert httpx.get(address).text == "event" * 4
