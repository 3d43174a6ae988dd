"""Requests that may be sent twice: with an Idempotency-Key what changes something is done once, and answered again.

Source: draft-ietf-httpapi-idempotency-key-header-07, sections 2.1 (a structured string), 2.4 (fingerprint) and 2.7.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers, UploadFile
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.catalog.replies import Asked, Reply
from index.replies import Replies, Turn
from models.errors import QueryInvalid, SightsoundError
from service.callers.caller import name_of_caller
from service.callers.scopes import READING
from service.http.fields import field, has_body
from service.http.parameters import FORM
from service.jobs.board import new_id

KEY, AGAIN = "Idempotency-Key", "Idempotency-Replayed"
WRITTEN = re.compile(r'"([!-~]{1,255})"|([!#-~]{1,255})')
"""A key, in quotes as the draft has it or without, as many send it."""
KEPT_S = 24 * 3600.0
"""How long an answer is kept: whoever tries again does so within minutes, or by hand the next morning."""
KEPT_HEADERS = ("content-type", "location", "etag")
MOST_BYTES = 1024 * 1024
"""Of an answer that is kept; no route that changes something has a larger one."""
BEAT_S = 5.0
CHUNK_BYTES = 1024 * 1024

log = logging.getLogger(__name__)


class Answered(Exception):
    """The request was done before: this was its answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("the request was answered before")
        self.reply = reply


async def once(
    request: Request,
    idempotency_key: Annotated[
        str | None, Header(description="Names the request, so that it is done once though it is sent twice.")
    ] = None,
) -> None:
    """Take the turn to do the request, unless it was done before; a router's dependency.

    By then the body is parsed, so that nothing waits for a caller who sends slowly. Raises QueryInvalid, KeyReused,
    Conflict where the request is at work, and Answered.
    """
    if idempotency_key is None or request.method in READING:
        return
    keeping: Keeping = request.state.keeping
    found = await run_in_threadpool(
        keeping.replies.begin, _asked(request, idempotency_key), await _fingerprint(request), job_id=new_id()
    )
    if isinstance(found, Reply):
        raise Answered(found)
    keeping.begin(found)


def _job_id(request: Request) -> str | None:
    keeping = getattr(request.state, "keeping", None)
    return keeping.turn.job_id if keeping is not None and keeping.turn is not None else None


JobId = Annotated[str | None, Depends(_job_id)]
"""A handler's parameter: the id for the job that it puts up, so that it is the same when the request comes again."""


def install(app: FastAPI, replies: Replies) -> None:
    """Keep the answers of requests that have a key, and give them again."""
    app.add_exception_handler(Answered, _again)
    app.add_middleware(Keeper, replies=replies)


class Keeper:
    """ASGI middleware that holds an answer back until it is kept, where the request has taken its turn by `once`."""

    def __init__(self, app: ASGIApp, replies: Replies) -> None:
        self.app, self._replies = app, replies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in READING or field(scope, b"idempotency-key") is None:
            return await self.app(scope, receive, send)
        keeping = scope.setdefault("state", {})["keeping"] = Keeping(self._replies, send)
        try:
            await self.app(scope, receive, keeping.send)
        finally:
            await keeping.end()


class Keeping:
    """One request and its answer: kept where it changed something, forgotten where it was refused."""

    def __init__(self, replies: Replies, send: Send) -> None:
        self.replies, self._send = replies, send
        self.turn: Turn | None = None
        self._held, self._body = list[Message](), b""
        self._beating: asyncio.Task[None] | None = None

    def begin(self, turn: Turn) -> None:
        """From now on it is at work."""
        self.turn = turn
        self._beating = asyncio.create_task(self._beat())

    async def send(self, message: Message) -> None:
        """Hold back what is sent until it is whole and kept."""
        if self.turn is None:
            return await self._send(message)
        self._held.append(message)
        self._body += message.get("body", b"")
        is_whole = message["type"] == "http.response.body" and not message.get("more_body", False)
        if is_whole or len(self._body) > MOST_BYTES:
            await self._settle(self.turn, is_whole=is_whole and len(self._body) <= MOST_BYTES)

    async def end(self) -> None:
        """Whatever was not answered is left to who asks again."""
        if self._beating is not None:
            self._beating.cancel()
        if self.turn is not None:
            await self._written(self.replies.leave, self.turn)

    async def _settle(self, turn: Turn, *, is_whole: bool) -> None:
        status: int = self._held[0]["status"]
        if status >= 500 or not is_whole:
            await self._written(self.replies.leave, turn)
        elif status >= 300:
            await self._written(self.replies.drop, turn)
        else:
            headers = Headers(raw=self._held[0]["headers"])
            kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
            await self._written(self.replies.keep, turn, Reply(status, kept, self._body))
        self.turn = None
        for each in self._held:
            await self._send(each)

    async def _written(self, write: Callable[..., None], *what: object) -> None:
        """What cannot be written keeps nobody from the answer: who asks again within the day is done again."""
        try:
            await run_in_threadpool(write, *what)
        except SightsoundError as error:
            log.error("the answer to a request with an Idempotency-Key is not kept: %s", error)

    async def _beat(self) -> None:
        await asyncio.sleep(BEAT_S)
        while (turn := self.turn) is not None:
            with suppress(SightsoundError):
                await run_in_threadpool(self.replies.touch, turn)
            await asyncio.sleep(BEAT_S)


async def _again(_: Request, error: Exception) -> Response:
    assert isinstance(error, Answered)
    return Response(error.reply.body, error.reply.status, {**error.reply.headers, AGAIN: "true"})


def _asked(request: Request, key: str) -> Asked:
    """By whom and by which key; raises QueryInvalid for what is none."""
    if (found := WRITTEN.fullmatch(key.strip())) is None:
        raise QueryInvalid(f"{KEY}: found {key[:80]!r}, expected 1 to 255 visible ASCII characters")
    return Asked(name_of_caller(request), found[1] or found[2])


async def _fingerprint(request: Request) -> str:
    """The same for the same request: its method, address and content, however a form's parts are set apart.

    What it expects of the thing belongs to it: who has seen another ETag has decided anew.
    """
    digest = sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    if (expected := field(request.scope, b"if-match")) is not None:
        digest.update(f"if-match: {expected}\n".encode())
    if request.headers.get("content-type", "").lower().startswith(FORM):
        for name, value in (await request.form()).multi_items():
            told = await _digest(value) if isinstance(value, UploadFile) else sha256(value.encode()).hexdigest()
            digest.update(f"{name!r} {getattr(value, 'filename', '')!r} {told}\n".encode())
    elif has_body(request.scope):  # who waited for a turn may have met the end of one that is empty already
        async for chunk in request.stream():
            digest.update(chunk)
    return digest.hexdigest()


async def _digest(file: UploadFile) -> str:
    """Of a file's bytes, a part at a time; it can be read from its beginning again."""
    digest = sha256()
    await file.seek(0)
    while chunk := await file.read(CHUNK_BYTES):
        digest.update(chunk)
    await file.seek(0)
    return digest.hexdigest()
