"""What clients may do with connections, besides asking and reading answers."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from threading import Event, Thread

import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from service.load import connections
from service.load.connections import MOST_HEAD_BYTES, MOST_HEADERS, Connection
from tests.unit.service.test_serving import answered
from tests.unit.service.waiting import PATIENCE_S, until_true

ASKED = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
KEEP_ALIVE_S = 60
"""So long that none of what these tests wait for comes of it, however slow the machine is."""
LARGE = bytes(2**25)


class App:
    """Answers all with 204, /large with what no socket holds, and /slow once it is let go; `heads` are what it saw."""

    def __init__(self) -> None:
        self.heads: list[list[tuple[bytes, bytes]]] = []
        self.sent: list[str] = []
        self.let_go = Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.heads.append(scope["headers"])
        body = LARGE if scope["path"] == "/large" else b""
        while scope["path"] == "/slow" and not self.let_go.is_set():
            await asyncio.sleep(0.005)
        await send({"type": "http.response.start", "status": 200 if body else 204, "headers": _length(body)})
        await send(_body(body))
        self.sent.append(scope["path"])


def _length(body: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"content-length", str(len(body)).encode())] if body else []


def _body(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body}


class Served:
    """A server on a socket, and the connections to it that a test opens."""

    def __init__(self, address: tuple[str, int], server: uvicorn.Server, app: App) -> None:
        self.address, self.server, self.app = address, server, app
        self.opened = ExitStack()

    def connect(self, sent: bytes = b"") -> socket.socket:
        client = self.opened.enter_context(socket.create_connection(self.address, timeout=PATIENCE_S))
        client.sendall(sent)
        return client

    def has(self, number: int) -> bool:
        """Whether there are so many connections now."""
        return len(self.server.server_state.connections) == number


@pytest.fixture
def served() -> Iterator[Served]:
    with _served() as found:
        yield found


@contextmanager
def _served() -> Iterator[Served]:
    app = App()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(app, http=Connection, log_level="critical", timeout_keep_alive=KEEP_ALIVE_S)
        )
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        found = Served(listener.getsockname(), server, app)
        try:
            with found.opened:
                yield found
        finally:
            app.let_go.set()
            server.should_exit = True
            thread.join()


def test_a_head_that_comes_in_pieces_is_read(served: Served) -> None:
    client = served.connect()
    for piece in (b"GET / HT", b"TP/1.1\r\nHost: local", b"host\r\nConnection: close\r\n", b"\r\n"):
        client.sendall(piece)
        time.sleep(0.01)
    assert answered(client).startswith(b"HTTP/1.1 204")


def _refused(client: socket.socket, head: bytes) -> None:
    """Assert that a head is refused, as far as its sender still hears of it."""
    try:
        client.sendall(head)
        found = answered(client)
    except ConnectionError:  # it was closed while more was on its way
        return
    assert found.startswith(b"HTTP/1.1 431 ")
    assert b"connection: close\r\n" in found


@pytest.mark.parametrize(
    "head",
    [
        ASKED + (b"X-Odd: " + 991 * b"x" + b"\r\n") * (2 * MOST_HEAD_BYTES // 1000),
        ASKED + b"X-Odd: " + MOST_HEAD_BYTES * b"x" + b"\r\n\r\n",
        b"GET /?" + b"a&" * (MOST_HEAD_BYTES // 2) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ASKED + b"a:\r\n" * MOST_HEADERS + b"\r\n",
    ],
    ids=["without end", "one long line", "a long address", "many lines"],
)
def test_a_head_that_is_too_long_is_refused_and_the_connection_closed(served: Served, head: bytes) -> None:
    _refused(served.connect(), head)
    assert served.app.heads == []
    assert answered(served.connect(ASKED + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 204")


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nHost: ", b"\r\n"], ids=["half a head", "an empty line"])
def test_a_connection_closes_where_no_request_comes(
    served: Served, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.1)
    assert answered(served.connect(sent)) == b""


@pytest.mark.parametrize(
    ("head", "part"),
    [(b"Content-Length: 1000\r\n\r\n", b"x"), (b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nab")],
    ids=["by its length", "in chunks"],
)
def test_a_connection_closes_where_the_rest_of_a_body_does_not_come(
    served: Served, head: bytes, part: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.1)
    client = served.connect(ASKED + head)
    assert client.recv(1000).startswith(b"HTTP/1.1 204")
    began = time.monotonic()
    client.sendall(part)
    assert answered(client) == b""
    assert time.monotonic() - began < KEEP_ALIVE_S / 2


def test_a_connection_closes_where_nothing_comes(served: Served) -> None:
    served.server.config.timeout_keep_alive = 1
    assert answered(served.connect()) == b""


def test_the_rest_of_a_body_is_not_waited_for_longer_because_it_trickles(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    client = served.connect(ASKED + b"Content-Length: 1000000\r\n\r\n")
    began = time.monotonic()
    with suppress(ConnectionError):
        while time.monotonic() - began < PATIENCE_S:
            client.sendall(b"x")
            time.sleep(0.01)
    assert time.monotonic() - began < PATIENCE_S


def test_what_comes_as_headers_after_a_body_is_dropped(served: Served) -> None:
    trailers = b"".join(b"X-%d: y\r\n" % number for number in range(10 * MOST_HEADERS))
    chunked = ASKED + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + trailers + b"\r\n"
    assert answered(served.connect(chunked)).startswith(b"HTTP/1.1 204")
    assert [name for name, _ in served.app.heads[0]] == [b"host", b"connection", b"transfer-encoding"]


def test_who_asks_for_another_protocol_is_answered_in_this_one(served: Served) -> None:
    upgrade = ASKED + b"Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
    assert answered(served.connect(upgrade)).startswith(b"HTTP/1.1 204")


def test_who_does_not_read_an_answer_does_not_keep_it_forever(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALL_S", 0.1)
    client = served.connect(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    until_true(lambda: bool(served.app.heads))  # before that there is no connection either
    until_true(partial(served.has, 0))
    with suppress(ConnectionError):
        assert len(answered(client)) < len(LARGE)


def test_who_reads_slowly_gets_the_whole_answer(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALL_S", 3.0)
    client = served.connect(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    found, began = 0, time.monotonic()
    while some := client.recv(2**21):
        found += len(some)
        time.sleep(0.2)
    assert found > len(LARGE)
    assert time.monotonic() - began > connections.STALL_S


def test_of_too_many_connections_the_one_that_is_idle_for_longest_makes_room(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 3)
    idle = []
    for number in range(1, 4):
        idle.append(served.connect())
        until_true(partial(served.has, number))
        time.sleep(0.005)  # the loop's clock tells milliseconds
    assert answered(served.connect(ASKED + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 204")
    assert answered(idle[0]) == b""
    idle[1].sendall(ASKED + b"Connection: close\r\n\r\n")
    assert answered(idle[1]).startswith(b"HTTP/1.1 204")


def test_a_connection_too_many_is_refused_while_all_are_at_work(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 2)
    slow = [served.connect(b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") for _ in range(2)]
    until_true(lambda: len(served.app.heads) == 2)
    refused = answered(served.connect())
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1\r\n" in refused
    served.app.let_go.set()
    assert [answered(each)[:12] for each in slow] == [b"HTTP/1.1 204"] * 2
