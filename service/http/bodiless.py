"""Answers without their bodies: of a HEAD, and of what who asks has already (RFC 9110, 9.3.2 and 15.4.5)."""

import asyncio
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.http.conditions import is_known

HEAD_ONLY = "head_only"


def asks_for_head(scope: Scope) -> bool:
    """Whether a GET is a HEAD that came in through `Bodiless`: to make the body is work for nothing."""
    return HEAD_ONLY in scope.get("state", {})


class Bodiless:
    """ASGI middleware that answers a HEAD as its GET, and 304 where If-None-Match has the ETag of what is asked for.

    So each route that is read answers both, and describes one. Who asks for a head alone is gone when it is there:
    what would go on to tell them more, as of a job, ends.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        if scope["method"] == "HEAD":
            scope.setdefault("state", {})[HEAD_ONLY] = True
            head = _Head(receive, send)
            return await self.app(_of_get(scope), head.receive, _Answer(scope, head.send))
        has_tags = any(name == b"if-none-match" for name, _ in scope["headers"])
        await self.app(scope, receive, _Answer(scope, send) if has_tags else send)


def _of_get(scope: Scope) -> Scope:
    """The GET of a HEAD, by the version of ASGI at which streams still ask whether anybody is there."""
    return {**scope, "method": "GET", "asgi": {**scope.get("asgi", {}), "spec_version": "2.3"}}


class _Answer:
    """What is sent, until it turns out that it is known."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send, self._is_known = scope, send, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            headers = MutableHeaders(scope=message)
            tag = headers.get("etag")
            self._is_known = tag is not None and is_known(tag, self._scope)
            if self._is_known:
                del headers["content-length"], headers["content-type"]
                message = {**message, "status": 304}
        elif self._is_known:
            message = {**message, "body": b""}
        await self._send(message)


class _Head:
    """The first message of an answer, which is all of it."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._is_sent = asyncio.Event()

    async def receive(self) -> Message:
        """What comes, or that nobody is there any more, once the head is sent."""
        coming, sent = asyncio.ensure_future(self._receive()), asyncio.ensure_future(self._is_sent.wait())
        try:
            either: set[asyncio.Future[Any]] = {coming, sent}
            done, _ = await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            return {"type": "http.disconnect"} if sent in done else await coming
        finally:
            coming.cancel()
            sent.cancel()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._send(message)
            await self._send({"type": "http.response.body", "body": b""})
            self._is_sent.set()
