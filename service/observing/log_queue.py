"""Lines of the log on their way out: whoever logs waits neither for a disk nor for a reader of a pipe."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO, TextIOWrapper, UnsupportedOperation
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from typing import TextIO

from service.observing import request_ids

MOST_WAITING = 10_000
"""Lines that wait to be written; more are lost, and it is said how many."""
LAST_S = 2.0
"""How long the end waits for the last lines."""


@contextmanager
def written(formatter: logging.Formatter, stream: TextIO) -> Iterator[logging.Handler]:
    """A handler whose lines go to the stream by a thread of their own, until the block ends."""
    waiting = SimpleQueue[logging.LogRecord | None]()
    writer = _Writer(unbuffered(stream))
    writer.setFormatter(formatter)
    listener = _Listener(waiting, writer)
    listener.start()
    queued = _Queued(waiting)
    try:
        yield queued
    finally:
        queued.tell_lost()
        listener.stop()


def unbuffered(stream: TextIO) -> TextIO:
    """The stream's file by itself: a thread that hangs in a buffer's write would keep the process from ending."""
    try:
        # Python's own standard streams are made like this where they are told not to buffer (`python -u`).
        raw = FileIO(stream.fileno(), "w", closefd=False)
        return TextIOWrapper(raw, "utf-8", "backslashreplace", write_through=True)
    except (UnsupportedOperation, AttributeError, OSError):
        return stream


class _Queued(QueueHandler):
    """Where records wait, as they are; their lines are made by who writes them."""

    def __init__(self, waiting: SimpleQueue[logging.LogRecord | None]) -> None:
        super().__init__(waiting)
        self._waiting, self.lost = waiting, 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """With what only this moment knows: the request that it is of, and what its arguments are now."""
        record.request_id = request_ids.current() or "-"
        record.msg, record.args = record.getMessage(), None
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        if self._waiting.qsize() >= MOST_WAITING:
            self.lost += 1
            return
        self.tell_lost()
        self._waiting.put(record)

    def tell_lost(self) -> None:
        """Have a line say how many were lost since the last that could wait, if any were."""
        if self.lost:
            self._waiting.put(self.prepare(_of_lost(self.lost)))
            self.lost = 0


def _of_lost(lines: int) -> logging.LogRecord:
    said = f"{lines} lines were lost here, as nobody took those before"
    return logging.makeLogRecord({"name": __name__, "levelno": logging.WARNING, "levelname": "WARNING", "msg": said})


class _Writer(logging.StreamHandler[TextIO]):
    """Of one thread, so that it needs no lock, for which the end of a process would wait."""

    def createLock(self) -> None:
        self.lock = None


class _Listener(QueueListener):
    def stop(self) -> None:
        """Have all be written that waits, unless nobody takes it: a daemon's thread may be left as it is."""
        if self._thread is not None:
            self.enqueue_sentinel()
            self._thread.join(LAST_S)
            self._thread = None
