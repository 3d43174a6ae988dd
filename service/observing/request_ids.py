"""A name for each request, by which its answer, its log lines and its trace are found."""

import re
import secrets
from contextvars import ContextVar

from starlette.types import Scope

HEADER = "X-Request-Id"
RAW = HEADER.lower().encode()
WELL_FORMED = re.compile(r"[A-Za-z0-9._:=-]{1,128}")
"""What of a caller's own goes into headers and logs as it is; another is passed over, and so are two."""

_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def current() -> str | None:
    """The id of the request that is being answered, here or in a thread that anyio started for it; else None."""
    return _current.get()


def begin(scope: Scope) -> str:
    """Name a request, by the caller's own well-formed X-Request-Id or a new one.

    It stays the context's after the answer, so that what the server says of a failure has it.
    """
    found = [value.decode("latin-1") for name, value in scope["headers"] if name == RAW]
    name = found[0] if len(found) == 1 and WELL_FORMED.fullmatch(found[0]) else secrets.token_hex(16)
    _current.set(name)
    return name
