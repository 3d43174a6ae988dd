"""A data folder asked as a service is: by one in this process, that only this person's processes can reach."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from tempfile import TemporaryDirectory
from threading import Thread
from time import sleep

import httpx
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from service.app import create_app
from service.configuring import configured
from sightsound.client import Client

LOOK_S, PATIENCE_S = 0.01, 3600.0


@contextmanager
def over(data: Path, *, jobs: int) -> Iterator[Client]:
    """A client of the service over a data folder, with settings as `sightsound serve` would find them.

    It listens at a socket in a folder that is nobody else's, so that it asks for no key. So many jobs are done
    at once in this process, and end with it. What is asked opens what it needs: words no backbone and no decoder.

    Raises:
        SettingsInvalid: there is no such data folder, or it cannot be written.
    """
    found = configured({"data": data, "job_workers": jobs, "keys": "off", "host": "127.0.0.1"})
    with TemporaryDirectory(prefix="sightsound-") as folder, _listening(Path(folder) / "socket") as (path, listener):
        app = _Begun(create_app(found.settings, ready="when asked"))
        server = _Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                sleep(LOOK_S)
            if app.fault is not None:
                raise app.fault
            with Client(
                "http://localhost", transport=httpx.HTTPTransport(uds=str(path)), timeout_s=PATIENCE_S
            ) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def _listening(path: Path) -> Iterator[tuple[Path, socket]]:
    with socket(AF_UNIX, SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        yield path, listener


class _Server(uvicorn.Server):
    """A server that leaves ending the process to the command."""

    def run(self, sockets: list[socket] | None = None) -> None:
        """As uvicorn does, which ends the process where the application cannot begin."""
        with suppress(SystemExit):
            super().run(sockets)


class _Begun:
    """The application, and what kept it from beginning: a server only writes that to its log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.fault: BaseException | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except BaseException as fault:
            self.fault = fault if scope["type"] == "lifespan" else None
            raise
