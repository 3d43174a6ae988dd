"""Bodies are held to limits of bytes and time before anything parses or stores them; clips lie in the spool."""

import asyncio
from pathlib import Path, PurePath
from time import monotonic
from typing import Annotated

from fastapi import File, UploadFile
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import MediaInvalid
from service.http.fields import field, media_type
from service.http.json_bodies import Punctuation
from service.http.problems import refusal
from service.incoming.parts import part_of

CLOSE = {"Connection": "close"}
FORM = "multipart/form-data"
MEMORY_BYTES = 16 * 2**20
"""The largest body but of a form with files, which alone is written to the disk as it comes."""
SILENCE_S = 30.0
"""How long nothing of a body may come."""


class BodyLimit:
    """ASGI middleware that answers 413 as soon as a body is, or says it is, over `limit_bytes`, 408 over `limit_s`.

    The rest of such a body is not read: the connection closes after the answer.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int, *, limit_s: float = 600.0, silence_s: float = SILENCE_S) -> None:
        self.app = app
        self.limit_bytes, self.limit_s, self.silence_s = limit_bytes, limit_s, silence_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        declared, kind = field(scope, b"content-length") or "", media_type(scope)
        if not declared and field(scope, b"transfer-encoding") is None:
            return await self.app(scope, receive, send)  # a request without a body, as most are
        limit_bytes = self.limit_bytes if kind == FORM else min(self.limit_bytes, MEMORY_BYTES)
        if declared.isdecimal() and int(declared) > limit_bytes:
            answer = refusal(413, _over(f"{declared} bytes", limit_bytes), scope["path"], headers=CLOSE)
            return await answer(scope, receive, send)
        return await self.app(scope, self._counted(receive, limit_bytes, is_json="json" in kind), send)

    def _counted(self, receive: Receive, limit_bytes: int, *, is_json: bool) -> Receive:
        """`receive`, until more than the limit has come, or the body has taken too long; then waits for no body."""
        punctuation = Punctuation() if is_json else None
        total, is_whole, end = 0, False, monotonic() + self.limit_s

        async def counted() -> Message:
            nonlocal total, is_whole
            message = await receive() if is_whole else await self._in_time(receive, end)
            is_whole = is_whole or not message.get("more_body", False)
            total += len(message.get("body", b""))
            if total > limit_bytes:
                # Frameworks let this one class pass through their body parsers, which then drop what they spooled.
                raise HTTPException(413, _over(f"more than {limit_bytes} bytes", limit_bytes), CLOSE)
            if punctuation is not None:
                punctuation.add(message.get("body", b""))
            return message

        return counted

    async def _in_time(self, receive: Receive, end: float) -> Message:
        left_s = min(end - monotonic(), self.silence_s)
        try:
            async with asyncio.timeout(left_s):
                return await receive()
        except TimeoutError:
            raise HTTPException(408, self._late(left_s), CLOSE) from None

    def _late(self, waited_s: float) -> str:
        if waited_s == self.silence_s:
            return f"nothing of the body came for {waited_s:g} s, the limit"
        return f"the body took over {self.limit_s:g} s, the limit"


def _over(found: str, limit_bytes: int) -> str:
    return f"the body has {found}, the limit is {limit_bytes}"


def received_clip(
    file: Annotated[UploadFile, File(description="A clip: a file with sound, pictures or both.")],
) -> Path:
    """The uploaded clip as it lies in the spool, gone when the answer is given; raises MediaInvalid where it is empty.

    What it is shows in its bytes alone, not in its name or in the type that its part claims.
    """
    if not file.size:
        raise MediaInvalid(f"the file {file_name(file)!r} is empty, expected a clip with sound, pictures or both")
    return part_of(file).path


def file_name(file: UploadFile) -> str:
    """What an uploaded file was called by whoever sent it, without folders."""
    return PurePath((file.filename or "clip").replace("\\", "/")).name
