"""The service on a socket."""

import socket
from collections.abc import Callable

import uvicorn

from models.errors import SettingsInvalid
from service.app import create_app
from service.settings import Settings


def serve(settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; `announce` is told the address once it is listened at.

    Raises:
        SettingsInvalid: the address cannot be listened at.
        DependencyMissing, BundleInvalid: the data folder lacks something that its galleries need.
    """
    app = create_app(settings)
    with listening(settings) as listener:
        host, port = listener.getsockname()[:2]
        announce(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False))
        # Who watches a job's progress, or waits for a preview, would keep the service from ending.
        app.state.is_leaving = lambda: server.should_exit
        server.run(sockets=[listener])


def listening(settings: Settings) -> socket.socket:
    """A socket that listens at the host and port; taken here so that a port in use is an error like any other."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise SettingsInvalid(
            f"cannot listen at {settings.host}:{settings.port} ({error.strerror}); expected a free port of this machine"
        ) from error
    # Connections inherit it. Without it an answer's body waits 40 ms for the client to acknowledge its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
