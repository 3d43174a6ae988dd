"""The socket that the service listens at."""

import socket
from pathlib import Path

from service.serving import listening
from service.settings import Settings


def test_small_answers_do_not_wait_to_be_filled_up() -> None:
    with (
        listening(Settings(data=Path(), port=0)) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as connection,
    ):
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
