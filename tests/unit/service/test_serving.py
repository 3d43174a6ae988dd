"""The socket that the service listens at, its connections, and how it ends."""

import asyncio
import gc
import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from models.errors import SettingsInvalid
from service.serving import Server, bound, serve
from service.settings import Settings
from tests.unit.service.asking import SEARCH
from tests.unit.service.test_jobs_served import service
from tests.unit.service.waiting import PATIENCE_S

WORDS = f"GET {SEARCH}?text=bird HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
ALIVE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_small_answers_do_not_wait_to_be_filled_up() -> None:
    with (
        bound(Settings(data=Path(), port=0)) as listener,
        socket.socket() as client,
    ):
        listener.listen()
        client.connect(listener.getsockname())
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_a_port_in_use_is_refused_before_the_data_folder_is_opened() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsInvalid, match=rf"cannot listen at 127\.0\.0\.1:{port} \(Address already in use\)"):
            serve(Settings(data=Path("nowhere"), port=port), announce=print)


def test_nobody_is_answered_or_kept_waiting_before_the_service_is_there() -> None:
    with bound(Settings(data=Path(), port=0)) as listener, pytest.raises(ConnectionRefusedError):
        socket.create_connection(listener.getsockname())


def test_what_a_start_makes_is_left_out_of_garbage_collections_until_the_end() -> None:
    settings = Settings(data=Path(), port=0)
    with bound(settings) as listener:
        listener.listen()
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


def answered(client: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    found = b""
    while more := client.recv(65536):
        found += more
    return found


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


def test_whoever_knows_the_address_can_end_it_at_once(own_library: Path) -> None:
    told: list[str] = []

    def announce(address: str) -> None:
        told.append(address)
        signal.raise_signal(signal.SIGINT)

    serve(Settings(data=own_library, port=0, job_workers=0), announce=announce)
    assert told[0].startswith("http://127.0.0.1:")


def test_told_to_end_it_says_so_at_once_and_once(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(FastAPI(), Settings(data=Path(), port=0, drain_s=60))
    with caplog.at_level("INFO", "service.serving"):
        asyncio.run(server.on_tick(0))
        assert caplog.messages == []
        server.handle_exit(signal.SIGTERM, None)
        assert [asyncio.run(server.on_tick(each)) for each in range(3)] == [False] * 3
    (said,) = caplog.messages
    assert said.startswith("ending: what was taken is answered first")


def test_told_to_end_it_is_unready_first_and_answers_on_for_a_while(
    own_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTSOUND_DRAIN_S", "4")
    with (
        service(own_library, tmp_path, workers=0) as (process, address),
        httpx.Client(base_url=address, timeout=PATIENCE_S) as client,
    ):
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
