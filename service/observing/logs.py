"""What is written down as it happens, by the whole process, and what of requests."""

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, TextIO

from service.observing.log_lines import JsonLines, TextLines
from service.observing.log_queue import written
from service.observing.redaction import Redaction
from service.observing.requests import FAILED, NS_A_MS, Seen

Format = Literal["text", "json"]
Level = Literal["debug", "info", "warning", "error"]

SLOW_S, NS_A_S = 5.0, 1e9
"""From when a request is there as a whole to the first of its answer: who sends or reads slowly is not meant."""
TOLD_TO_WAIT = frozenset({"overloaded", "spool-full"})
"""Problems of which there are as many as there are requests too many; lanes and the spool are counted by metrics."""
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
    formatter = (TextLines if form == "text" else JsonLines)(Redaction(secrets))
    with written(formatter, stream or sys.stderr) as handler:
        try:
            _hand_all_to(handler, logging.getLevelNamesMapping()[level.upper()])
            yield
        finally:
            for each, handlers, propagate, its_level in before:
                each.handlers[:], each.propagate = handlers, propagate
                each.setLevel(its_level)


def _hand_all_to(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, level))
    for each in map(logging.getLogger, (*SERVERS, *OWN)):
        each.handlers[:], each.propagate = [], True
    for each in map(logging.getLogger, OWN):
        each.setLevel(level)


def note(seen: Seen) -> None:
    """One line for a request: nothing in it was chosen freely by whoever asked, so that no query is written down."""
    level = logging.WARNING if seen.status >= FAILED else logging.INFO
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


def note_odd(seen: Seen) -> None:
    """A line for a request that failed, or that the service was long at; none for the others, nor for who may wait."""
    has_failed = seen.status >= FAILED and seen.problem not in TOLD_TO_WAIT
    if has_failed or seen.thought_ns >= SLOW_S * NS_A_S:
        note(seen)
