"""A file written through a pipe, by a process that may write no file, into one that another process has open.

What comes out of the pipe is a stranger's: it is held to a number of bytes, and to places within them.
"""

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from struct import Struct
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import IO

from models.errors import DecodeOverrun, SightsoundError, TooLarge, Unavailable

HEAD = Struct("<QI")  # where the bytes that follow belong, and how many they are
MOST_BYTES = 2**16  # in one piece; also what is held at once, with as much again in the pipe
WAIT_S = 0.2  # for a child that holds the pipe open when it should be done


class Outlet:
    """The child's end: written and sought in like a file. Raises OSError once nobody listens any more."""

    def __init__(self, pipe: Path) -> None:
        self._descriptor = os.open(pipe, os.O_WRONLY)
        self._at = 0

    def write(self, content: bytes) -> int:
        """Have bytes written at the place it is at."""
        for start in range(0, len(content), MOST_BYTES):
            piece = content[start : start + MOST_BYTES]
            self._send(HEAD.pack(self._at, len(piece)) + piece)
            self._at += len(piece)
        return len(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; where the end is, it does not know."""
        self._at = offset + (self._at if whence == os.SEEK_CUR else 0)
        return self._at

    def tell(self) -> int:
        """The place it is at."""
        return self._at

    def close(self) -> None:
        """Nothing more comes."""
        os.close(self._descriptor)

    def _send(self, record: bytes) -> None:
        rest = memoryview(record)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


@contextmanager
def listened_to(into: IO[bytes], *, limit_bytes: int) -> Iterator[Path]:
    """A pipe for an Outlet, whose file has been written `into` a file when the block ends.

    Raises TooLarge over the limit, Unavailable where the file cannot be written, DecodeOverrun for what no Outlet says.
    """
    with TemporaryDirectory(prefix="sightsound-outlet-") as folder:
        pipe = Path(folder) / "pipe"
        os.mkfifo(pipe, 0o600)
        listener = _Listener(pipe, into, limit_bytes)
        listener.start()
        try:
            yield pipe
        finally:
            listener.finish()  # its error comes first: a child that is no longer listened to only says so


class _Listener(Thread):
    """Writes down what comes, beside whoever waits for the child."""

    def __init__(self, pipe: Path, into: IO[bytes], limit_bytes: int) -> None:
        super().__init__(name="listen-to-outlet", daemon=True)
        self._descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # without waiting for who writes
        self._pipe, self._into, self._limit_bytes = pipe, into, limit_bytes
        self._said, self._heard_bytes = bytearray(), 0
        self._is_over = Event()
        self._error: SightsoundError | None = None

    def run(self) -> None:
        try:
            self._listen()
        except OSError as error:
            self._error = Unavailable(f"what is made of the clip cannot be written: {error.strerror}")
        except SightsoundError as error:
            self._error = error
        finally:
            os.close(self._descriptor)

    def finish(self) -> None:
        """Take what is still in the pipe; raises what went wrong."""
        self._is_over.set()
        with suppress(OSError):  # it listens no more
            os.close(os.open(self._pipe, os.O_WRONLY | os.O_NONBLOCK))  # wakes it where nobody has written
        self.join()
        if self._error is not None:
            raise self._error

    def _listen(self) -> None:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        while True:
            is_over = self._is_over.is_set()  # before looking: all that was said by then is in the pipe
            heard = self._heard() if poll.poll(0 if is_over else WAIT_S * 1000) else None
            if heard:
                self._take(heard)
            elif heard == b"" or is_over:
                return

    def _heard(self) -> bytes | None:
        """What is in the pipe, empty once all who wrote are gone; None where another comes as the last one goes."""
        try:
            return os.read(self._descriptor, MOST_BYTES)
        except BlockingIOError:
            return None

    def _take(self, heard: bytes) -> None:
        self._heard_bytes += len(heard)
        if self._heard_bytes > 2 * self._limit_bytes:  # heads, and places that are written twice
            raise TooLarge(f"what is made of the clip has over {self._limit_bytes} bytes, the limit")
        self._said += heard
        while len(self._said) >= HEAD.size:
            at, count = HEAD.unpack_from(self._said)
            if count > MOST_BYTES:
                raise DecodeOverrun(f"the decoder said that {count} bytes follow; expected at most {MOST_BYTES}")
            if len(self._said) < HEAD.size + count:
                return
            self._write(at, bytes(self._said[HEAD.size : HEAD.size + count]))
            del self._said[: HEAD.size + count]

    def _write(self, at: int, content: bytes) -> None:
        if at + len(content) > self._limit_bytes:
            raise TooLarge(f"what is made of the clip has over {self._limit_bytes} bytes, the limit")
        self._into.seek(at)
        self._into.write(content)
