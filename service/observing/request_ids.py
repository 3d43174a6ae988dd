"""A name for each request, by which its answer, its log lines and its trace are found."""

import re
import secrets
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-Id"
WELL_FORMED = re.compile(rb"[A-Za-z0-9._:=-]{1,128}")
"""What of a caller's own goes into headers and logs as it is; another is passed over."""

_RAW = HEADER.lower().encode()
_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def current() -> str | None:
    """The id of the request that is being answered, here or in a thread that anyio started for it; else None."""
    return _current.get()


class RequestIds:
    """ASGI middleware that names each request, by the caller's own well-formed X-Request-Id or a new one.

    The answer carries it. It stays the context's after the answer, so that what the server says of a failure has it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        name = _given(scope) or secrets.token_hex(16)
        _current.set(name)
        raw = (_RAW, name.encode())

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), raw]
            await send(message)

        await self.app(scope, receive, named)


def _given(scope: Scope) -> str | None:
    found = next((value for name, value in scope["headers"] if name == _RAW), b"")
    return found.decode() if WELL_FORMED.fullmatch(found) else None
