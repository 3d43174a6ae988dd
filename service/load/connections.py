"""A client's connection: as uvicorn's, with limits on how long the head of a request may be, and may take."""

import asyncio
from asyncio import TimerHandle

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 64 * 1024
"""Of the request line and headers, until they are whole; uvicorn's parser itself has no limit."""
HEAD_S = 20.0
"""How long they may take to come, from their first byte on."""
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 43\r\nconnection: close\r\n\r\n"
    b"The headers are over the limit of 64 KiB.\r\n"
)


class Connection(HttpToolsProtocol):
    """A connection that closes where a head is too long, comes too slowly, or never begins."""

    _head_bytes = 0
    _head_is_whole = True
    _slow: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # uvicorn starts it after the first answer only.
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._head_is_whole = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_is_whole = True
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_is_whole:
            self._stop_waiting()
        elif not self.transport.is_closing():
            self._wait_for_more(len(data))

    def _wait_for_more(self, size_bytes: int) -> None:
        self._head_bytes += size_bytes
        if self._head_bytes > MOST_HEAD_BYTES:
            self.transport.write(TOO_LARGE)
            self.transport.close()
        elif self._slow is None:
            self._slow = self.loop.call_later(HEAD_S, self.transport.close)

    def _stop_waiting(self) -> None:
        self._head_bytes = 0
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None
