"""A client's connection: as uvicorn's, with limits on what comes beside requests, on who does not read, and on many."""

import asyncio
from asyncio import TimerHandle
from functools import cached_property
from resource import RLIMIT_NOFILE, getrlimit
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

MOST_CONNECTIONS = 2000
"""At most, and at most half of the files that the process may have open."""
MOST_HEAD_BYTES, MOST_HEADERS = 64 * 1024, 100
"""Of the request line and headers; uvicorn's parser itself has no limit."""
HEAD_S = 20.0
"""How long they may take to come, from their first byte on; and whatever else comes while nothing is answered."""
STALL_S = 60.0
"""How long nothing of an answer may be taken."""


def _plain(status: str, words: str, *headers: str) -> bytes:
    """An answer that ends its connection."""
    lines = (f"HTTP/1.1 {status}", "content-type: text/plain; charset=utf-8", f"content-length: {len(words)}", *headers)
    return "\r\n".join((*lines, "connection: close", "", words)).encode()


TOO_LARGE = _plain("431 Request Header Fields Too Large", "The headers are over the limit: 64 KiB, 100 lines.\r\n")
TOO_MANY = _plain("503 Service Unavailable", "There are too many connections.\r\n", "retry-after: 1")


IDLE: "WeakKeyDictionary[ServerState, dict[Connection, None]]" = WeakKeyDictionary()


class HeadTooLarge(Exception):
    """A head has more headers or bytes than any has use for."""


class Connection(HttpToolsProtocol):
    """A connection that closes where a head is too long, comes too slowly or never begins, and where nobody reads.

    Where there are as many as may be, the one that has been idle for longest makes room; while all are being answered,
    one more is refused.
    """

    _head_bytes = _sent_bytes = 0
    _head_is_whole = True
    _head_is_too_large = False
    _slow: TimerHandle | None = None
    _unread: TimerHandle | None = None

    @cached_property
    def _idle(self) -> "dict[Connection, None]":
        """Those of this server of which no request is at work, the one that has been so for longest at the front."""
        return IDLE.setdefault(self.server_state, {})

    @property
    def is_idle(self) -> bool:
        """Whether no request of it is at work."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._idle[self] = None
        # uvicorn starts it after the first answer only.
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
        if len(self.connections) > most_connections() and not self._make_room():
            transport.write(TOO_MANY)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_watching()
        self._unset_keepalive_if_required()
        self._idle.pop(self, None)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._head_is_whole, self._head_bytes = False, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head_is_whole:  # after a body nobody has asked for any
            return
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_is_whole = True
        self._idle.pop(self, None)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        self._watch_reading()
        super().on_response_complete()
        if self.is_idle:
            self._idle[self] = None

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_is_whole and not self.is_idle:
            self._stop_waiting()
        elif not self.transport.is_closing():
            self._wait_for_more(0 if self._head_is_whole else len(data))

    def send_400_response(self, msg: str) -> None:
        if not self._head_is_too_large:
            return super().send_400_response(msg)
        self.transport.write(TOO_LARGE)
        self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        """Whoever did not even take the last answer by now does not get the rest of it."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reading()

    def resume_writing(self) -> None:
        self._stop_watching()
        super().resume_writing()

    def _unsupported_upgrade_warning(self) -> None:
        """Whoever asks for another protocol is answered in this one; nothing needs to be installed for that."""

    def _make_room(self) -> bool:
        if (longest := next(iter(self._idle))) is self:
            return False
        del self._idle[longest]
        longest.timeout_keep_alive_handler()
        return True

    def _count(self, size_bytes: int) -> None:
        """Raises HeadTooLarge, after which the parser gives up."""
        self._head_bytes += size_bytes
        if self._head_bytes > MOST_HEAD_BYTES or len(self.headers) >= MOST_HEADERS:
            self._head_is_too_large = True
            raise HeadTooLarge

    def _wait_for_more(self, size_bytes: int) -> None:
        self._sent_bytes += size_bytes
        if self._sent_bytes > MOST_HEAD_BYTES:
            self.transport.write(TOO_LARGE)
            self.transport.close()
        elif self._slow is None:
            self._slow = self.loop.call_later(HEAD_S, self.timeout_keep_alive_handler)

    def _stop_waiting(self) -> None:
        self._sent_bytes = 0
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _watch_reading(self) -> None:
        if self._unread is None and (unread_bytes := self.transport.get_write_buffer_size()):
            self._unread = self.loop.call_later(STALL_S, self._look_again, unread_bytes)

    def _stop_watching(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _look_again(self, unread_bytes: int) -> None:
        self._unread = None
        if self.transport.get_write_buffer_size() >= unread_bytes:
            self.transport.abort()
        else:
            self._watch_reading()


def most_connections() -> int:
    """How many there may be at once."""
    return min(MOST_CONNECTIONS, getrlimit(RLIMIT_NOFILE)[0] // 2)
