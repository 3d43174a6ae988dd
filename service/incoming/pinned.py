"""Connections to addresses that were checked, with one clock for all that is done through them."""

from collections.abc import Iterable, Sequence
from ssl import SSLContext
from time import monotonic
from typing import Any

import httpcore
from httpcore import SOCKET_OPTION, NetworkBackend, NetworkStream, SyncBackend

from service.incoming.public_addresses import Address


class Deadline:
    """So many seconds from now on, for everything together."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._end = monotonic() + limit_s

    def left_s(self) -> float:
        """The seconds that are left; raises httpcore.ReadTimeout when there are none."""
        left = self._end - monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"over {self.limit_s:g} s")
        return left


class Pinned(NetworkBackend):
    """Connects to the given addresses only, whatever the host is called by then; TLS still asks for the host's name."""

    def __init__(self, addresses: Sequence[Address], deadline: Deadline) -> None:
        self._addresses, self._deadline = addresses, deadline
        self._system = SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        """A stream to the first address that answers; each of them may take its part of the time that is left."""
        failure: Exception | None = None
        for number, address in enumerate(self._addresses):
            share_s = self._deadline.left_s() / (len(self._addresses) - number)
            try:
                return Timed(self._system.connect_tcp(str(address), port, share_s), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("no address")


class Timed(NetworkStream):
    """A stream whose every operation ends with the deadline: neither a byte a minute nor many headers outlast it."""

    def __init__(self, stream: NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At most so many bytes, as soon as there are any."""
        return self._stream.read(max_bytes, self._deadline.left_s())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of the bytes."""
        self._stream.write(buffer, self._deadline.left_s())

    def close(self) -> None:
        """End the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        """The same connection, encrypted, after the host has proved its name."""
        return Timed(self._stream.start_tls(ssl_context, server_hostname, self._deadline.left_s()), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks about a connection."""
        return self._stream.get_extra_info(info)
