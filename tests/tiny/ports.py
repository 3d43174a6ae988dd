"""Ports for servers in processes of their own, which cannot be told to choose one."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_port() -> Iterator[int]:
    """A port of this machine that nobody else is given until the block ends; a server that is told it can listen at it.

    Freed before the server has started, it could be another test's by then.
    """
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do, or they would be refused
        keeper.bind(("127.0.0.1", 0))
        yield int(keeper.getsockname()[1])
