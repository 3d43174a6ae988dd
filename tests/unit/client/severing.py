"""What stands between a client and a service, and cuts connections."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from urllib.parse import urlsplit

AT_ONCE = 65_536


class Severing:
    """Hands connections on to a service, but cuts the first: after so many bytes were sent, or answered."""

    def __init__(self, address: str, *, after_sent: int | None = None, after_answered: int | None = None) -> None:
        self._to = urlsplit(address)
        self._after_sent, self._after_answered = after_sent, after_answered
        self.connections = 0

    @contextmanager
    def standing(self) -> Iterator[str]:
        """Its address, until the block ends."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            Thread(target=self._accept, args=(listener,), daemon=True).start()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                caller, _ = listener.accept()
                self.connections += 1
                Thread(target=self._hand_on, args=(caller, self.connections == 1), daemon=True).start()

    def _hand_on(self, caller: socket.socket, is_first: bool) -> None:
        with caller, socket.create_connection((self._to.hostname, self._to.port)) as service:
            sent, answered = (self._after_sent, self._after_answered) if is_first else (None, None)
            back = Thread(target=_hand_over, args=(service, caller, answered), daemon=True)
            back.start()
            _hand_over(caller, service, sent)
            back.join()


def _hand_over(source: socket.socket, to: socket.socket, left: int | None) -> None:
    """All that comes, or so many bytes of it; then both are cut, with whatever is still on its way."""
    with suppress(OSError):
        while chunk := source.recv(AT_ONCE):
            if left is not None and len(chunk) >= left:
                to.sendall(chunk[:left])
                break
            to.sendall(chunk)
            left = None if left is None else left - len(chunk)
    for each in (source, to):
        with suppress(OSError):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            each.shutdown(socket.SHUT_RDWR)
