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

    def __init__(self, address: str, *, after_sent: int | None = None, before_answer: bool = False) -> None:
        self._to = urlsplit(address)
        self._after_sent, self._before_answer = after_sent, before_answer
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
            back = Thread(target=self._answer, args=(service, caller, is_first), daemon=True)
            back.start()
            self._send(caller, service, self._after_sent if is_first else None)
            back.join()

    def _send(self, caller: socket.socket, service: socket.socket, left: int | None) -> None:
        with suppress(OSError):
            while left != 0 and (chunk := caller.recv(AT_ONCE if left is None else min(left, AT_ONCE))):
                service.sendall(chunk)
                left = None if left is None else left - len(chunk)
        _cut(caller, service)

    def _answer(self, service: socket.socket, caller: socket.socket, is_first: bool) -> None:
        with suppress(OSError):
            while chunk := service.recv(AT_ONCE):
                if is_first and self._before_answer:
                    break
                caller.sendall(chunk)
        _cut(caller, service)


def _cut(*connections: socket.socket) -> None:
    """End them at once, with whatever is still on its way."""
    for each in connections:
        with suppress(OSError):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            each.shutdown(socket.SHUT_RDWR)
