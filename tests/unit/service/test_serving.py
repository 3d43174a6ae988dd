"""The socket that the service listens at, its connections, and how it ends."""

import gc
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from service.load import connections
from service.load.connections import MOST_HEAD_BYTES, Connection
from service.serving import Server, listening
from service.settings import Settings
from tests.unit.service.asking import SEARCH
from tests.unit.service.test_jobs_served import service
from tests.unit.service.waiting import PATIENCE_S

WORDS = f"GET {SEARCH}?text=bird HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
ALIVE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_small_answers_do_not_wait_to_be_filled_up() -> None:
    with (
        listening(Settings(data=Path(), port=0)) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as connection,
    ):
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_what_a_start_makes_is_left_out_of_garbage_collections_until_the_end() -> None:
    settings = Settings(data=Path(), port=0)
    with listening(settings) as listener:
        server = Server(FastAPI(), settings)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with socket.create_connection(listener.getsockname(), timeout=PATIENCE_S) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert client.recv(100).startswith(b"HTTP/1.1 404")
                assert gc.get_freeze_count() > 10_000
        finally:
            server.should_exit = True
            thread.join()
    assert gc.get_freeze_count() == 0


@contextmanager
def connected() -> Iterator[socket.socket]:
    """A connection to a server that answers everything with 204."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(_empty, http=Connection, log_level="critical", timeout_keep_alive=1))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with socket.create_connection(listener.getsockname(), timeout=PATIENCE_S) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


async def _empty(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def answered(client: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    found = b""
    while more := client.recv(65536):
        found += more
    return found


def test_a_head_that_comes_in_pieces_is_read() -> None:
    with connected() as client:
        for piece in (b"GET / HT", b"TP/1.1\r\nHost: local", b"host\r\nConnection: close\r\n", b"\r\n"):
            client.sendall(piece)
            time.sleep(0.01)
        assert answered(client).startswith(b"HTTP/1.1 204")


def test_a_head_without_end_is_refused_and_the_connection_closed() -> None:
    with connected() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        try:
            for _ in range(2 * MOST_HEAD_BYTES // 1000):
                client.sendall(b"X-Odd: " + 991 * b"x" + b"\r\n")
            found = answered(client)
        except ConnectionError:  # it was closed while more was on its way
            return
        assert found.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: "])
def test_a_connection_closes_where_no_head_comes(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.1)
    with connected() as client:
        client.sendall(sent)
        assert answered(client) == b""


def _with_clip(clip: bytes) -> bytes:
    """The whole of a search by a clip's pictures."""
    parts = b"--x\r\nContent-Disposition: form-data; name=%b\r\n\r\n%b\r\n"
    body = parts % (b'"from"', b"video") + parts % (b'"file"; filename="clip.mp4"', clip) + b"--x--\r\n"
    head = f"POST {SEARCH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n".encode() + body


def test_what_was_taken_is_answered_though_the_service_is_told_to_end(
    own_library: Path, clip: Path, tmp_path: Path
) -> None:
    with service(own_library, tmp_path, workers=1) as (process, address), ExitStack() as open_ones:
        at = urlsplit(address)
        asked = [_with_clip(clip.read_bytes()) if number % 2 else WORDS for number in range(20)]
        clients = [
            open_ones.enter_context(socket.create_connection((at.hostname, at.port), timeout=PATIENCE_S))
            for _ in [*asked, ALIVE]
        ]
        for client, request in zip(clients, [*asked, ALIVE], strict=True):
            client.sendall(request)
        assert clients[-1].recv(4096).startswith(b"HTTP/1.1 200")  # by when it has read what came before
        process.send_signal(signal.SIGTERM)
        answers = [answered(each) for each in clients[:-1]]
        assert [each.partition(b"\r\n")[0] for each in answers] == [b"HTTP/1.1 200 OK"] * len(answers)
        assert all(b'"hits":[{' in each and each.endswith(b"}") for each in answers)
        assert process.wait(timeout=20) == 0
        assert process.stderr is not None
        said = process.stderr.read()
        assert [word for word in ("Traceback", "ERROR", "Cancel") if word in said] == [], said


def test_told_to_end_it_is_unready_first_and_answers_on_for_a_while(
    own_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTSOUND_DRAIN_S", "2")
    with service(own_library, tmp_path, workers=0) as (process, address), httpx.Client(base_url=address) as client:
        assert client.get("/readyz").status_code == 200
        process.send_signal(signal.SIGTERM)
        end = time.monotonic() + PATIENCE_S
        while client.get("/readyz").status_code == 200:
            assert time.monotonic() < end
        refused = client.get("/readyz")
        assert refused.status_code == 503
        assert "to end" in refused.json()["detail"]
        assert client.get(SEARCH, params={"text": "bird"}).status_code == 200
        assert process.wait(timeout=20) == 0
