"""What is written down as it happens: for people, or as JSON for what gathers logs."""

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from json import JSONEncoder
from typing import Literal, TextIO

from pythonjsonlogger.json import JsonFormatter

from service.observing import request_ids
from service.observing.redaction import Redaction
from service.observing.requests import NS_A_MS, Seen

Format = Literal["text", "json"]
Level = Literal["debug", "info", "warning", "error"]

TEXT = "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"
FIELDS = "%(levelname)s %(name)s %(message)s"
SERVERS = ("uvicorn", "uvicorn.error", "uvicorn.access")
"""Loggers that write by handlers of their own, unless they are kept from it."""
OWN = ("service", "index", "models", "sightsound")
"""Our loggers, which say what is asked for; libraries only warn, as they may tell of addresses with what was asked."""

log = logging.getLogger("service.requests")


@contextmanager
def writing(form: Format, level: Level, *, secrets: Iterable[str], stream: TextIO | None = None) -> Iterator[None]:
    """Within, all that this process says goes to `stream`, by default to standard error, without these secrets.

    For whoever serves: this is the process's, not an application's.
    """
    root, others = logging.getLogger(), [logging.getLogger(name) for name in (*SERVERS, *OWN)]
    before = [(each, each.handlers[:], each.propagate, each.level) for each in (root, *others)]
    try:
        root.handlers[:] = [_handler(form, Redaction(secrets), stream or sys.stderr)]
        wanted = logging.getLevelNamesMapping()[level.upper()]
        root.setLevel(max(logging.WARNING, wanted))
        for each in others:
            each.handlers[:], each.propagate = [], True
        for name in OWN:
            logging.getLogger(name).setLevel(wanted)
        yield
    finally:
        for each, handlers, propagate, its_level in before:
            each.handlers[:], each.propagate = handlers, propagate
            each.setLevel(its_level)


def _handler(form: Format, redaction: Redaction, stream: TextIO) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    handler.addFilter(_named)
    handler.setFormatter(_Text(redaction) if form == "text" else _Json(redaction))
    return handler


def note(seen: Seen) -> None:
    """One line for a request: nothing in it was chosen freely by whoever asked, so that no query is written down."""
    level = logging.WARNING if seen.status >= 500 else logging.INFO
    if not log.isEnabledFor(level):
        return
    took_ms = round(seen.took_ns / NS_A_MS, 3)
    fields: dict[str, object] = {
        "method": seen.method,
        "route": seen.route,
        "status": seen.status,
        "took_ms": took_ms,
        "received_bytes": seen.received_bytes,
        "sent_bytes": seen.sent_bytes,
        "key": seen.caller or None,
        "problem": seen.problem,
        "stages_ms": {each.stage: round(each.took_ns / NS_A_MS, 3) for each in seen.timeline},
    }
    found = (seen.method, seen.route, seen.status, took_ms, seen.sent_bytes, seen.caller or "-", seen.problem or "-")
    log.log(level, "%s %s %d %.3f ms %d bytes key=%s problem=%s", *found, extra=fields)


def _named(record: logging.LogRecord) -> bool:
    """Gives a line the id of the request that it is of; handlers are asked where the line is written."""
    record.request_id = request_ids.current() or "-"
    return True


class _Text(logging.Formatter):
    """Lines for people."""

    def __init__(self, redaction: Redaction) -> None:
        super().__init__(TEXT)
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction.of(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """One line, whatever others called their things: nothing that a terminal obeys, or takes for a line's end."""
        return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in super().formatMessage(record))


def _told(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


ENCODER = JSONEncoder(default=_told)


class _Json(JsonFormatter):
    """A JSON object a line, with a traceback in `exc_info`."""

    def __init__(self, redaction: Redaction) -> None:
        super().__init__(FIELDS, timestamp="at", rename_fields={"levelname": "level", "name": "logger"})
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction.of(super().format(record))

    def jsonify_log_record(self, log_data: dict[str, object]) -> str:
        """By an encoder that is made once: one for each line takes longer than the line."""
        return ENCODER.encode(log_data)
