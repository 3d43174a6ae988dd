"""A service on a real socket, in a thread of the test."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import uvicorn
from starlette.types import ASGIApp


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    """A service that could not start refuses connections, instead of letting them wait."""
    with listener, suppress(SystemExit):
        server.run(sockets=[listener])


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """The address of `app`, served by uvicorn until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # As the service's own, without which an answer's body waits for the client to acknowledge its head.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
        thread = Thread(target=_run, args=(server, listener))
        thread.start()
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join()
