"""The service on a socket."""

import gc
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from types import FrameType

import uvicorn
from fastapi import FastAPI

from models.errors import SettingsInvalid
from service.app import create_app
from service.load.connections import Connection
from service.observing import logs
from service.observing.listener import check_free
from service.observing.redaction import secrets_of
from service.settings import Settings

BACKLOG = 2048
"""Connections that the system keeps until the service takes them."""
KEEP_ALIVE_S = 65
"""How long a connection is kept without a request: longer than proxies keep theirs, so that it is they who close."""

ENDING = "ending: what was taken is answered first, and jobs go on with the next start; a second Ctrl+C drops requests"
log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """A server that ends in order: unready first, then closed to new connections, then done with what it took.

    Told to by SIGTERM or SIGINT it returns, so that the process ends as any does that is done; a second SIGINT makes
    it drop what it took.
    """

    def __init__(self, app: FastAPI, settings: Settings, *, started: Callable[[], None] = lambda: None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                log_config=None,  # it would write lines of its own; ours are written by `logs`
                log_level="warning",
                access_log=False,
                proxy_headers=False,  # whom a proxy is believed, and what, is a setting of the service
                ssl_certfile=settings.tls_certificate,
                ssl_keyfile=settings.tls_key,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=settings.shutdown_s,
            )
        )
        self._tell_started = started
        self._drain_s = settings.drain_s
        self._ends_at_s: float | None = None
        self._has_said_so = False

    @property
    def is_draining(self) -> bool:
        """Whether it has been told to end."""
        return self._ends_at_s is not None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; what a start has made is then left out of garbage collections.

        It is there until the end. To look at all of it takes a full collection 0.1 s, in which nothing is answered.
        """
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        # Whoever is told the address may end the service at once: by now its signals are heard.
        if self.started:
            self._tell_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; then all is collected again."""
        await super().shutdown(sockets)
        gc.unfreeze()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Of uvicorn's own, without raising the signal once more after all is done."""
        if self._ends_at_s is None:
            self._ends_at_s = monotonic() + self._drain_s
        elif sig == signal.SIGINT:
            self.should_exit = self.force_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether it was told to end, which it says at once, and whether it is time to."""
        if self._ends_at_s is not None and not self._has_said_so:
            self._has_said_so = True
            log.info(ENDING)
        if self._ends_at_s is not None and monotonic() >= self._ends_at_s:
            self.should_exit = True
        return await super().on_tick(counter)


def serve(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; `announce` is told the address once it is listened at.

    Raises:
        SettingsInvalid: the address cannot be listened at, or the certificate cannot be used.
        DependencyMissing, BundleInvalid: the data folder lacks something that its galleries need.
    """
    with logs.writing(settings.log_format, settings.log_level, secrets=secrets_of(settings)):
        check_certificate(settings)
        check_free(settings.metrics_address)
        with bound(settings) as listener:
            _serve(create_app(settings), settings, listener, announce=announce)


def _serve(app: FastAPI, settings: Settings, listener: socket.socket, *, announce: Callable[[str], None]) -> None:
    with _explained(settings):
        listener.listen(BACKLOG)
    host, port = listener.getsockname()[:2]
    scheme = "http" if settings.tls_certificate is None else "https"
    address = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
    server = Server(app, settings, started=lambda: announce(address))
    app.state.is_draining = lambda: server.is_draining
    # Who watches a job's progress, or waits for a preview, would keep the service from ending.
    app.state.is_leaving = lambda: server.should_exit
    server.run(sockets=[listener])


def check_certificate(settings: Settings) -> None:
    """Refuse a certificate that cannot be used; raises SettingsInvalid."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(settings.tls_certificate, settings.tls_key, password=partial(_ask_nobody, settings))
    except OSError as error:
        raise SettingsInvalid(
            f"tls_certificate {settings.tls_certificate} with tls_key {settings.tls_key} cannot be used "
            f"({error.strerror or error}); expected a certificate and its private key, in PEM"
        ) from error


def _ask_nobody(settings: Settings) -> str:
    """Of whom a terminal would be asked for a pass phrase, where there is one."""
    raise SettingsInvalid(f"tls_key {settings.tls_key} is encrypted; expected a private key without a pass phrase")


def bound(settings: Settings) -> socket.socket:
    """A socket at the host and port, which listens to nobody yet; raises SettingsInvalid where it cannot be had.

    It is taken before the data folder is opened, which takes a while, and by ourselves, so that a port in use is an
    error like any other.
    """
    with _explained(settings):
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        found = socket.socket(family, socket.SOCK_STREAM)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # Connections inherit it. Without it an answer's body waits 40 ms for the client to acknowledge its head.
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            found.bind((settings.host, settings.port))
        except OSError:
            found.close()
            raise
    return found


@contextmanager
def _explained(settings: Settings) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SettingsInvalid(
            f"cannot listen at {settings.host}:{settings.port} ({error.strerror}); expected a free port of this machine"
        ) from error
