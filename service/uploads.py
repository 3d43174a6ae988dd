"""Bodies are held to a limit before anything parses or stores them, and clips to a folder that always goes away."""

import shutil
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Annotated

from fastapi import File, Request, UploadFile
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import MediaInvalid
from service.problems import refusal
from service.settings import Settings
from service.spool import upload_folder

CLOSE = {"Connection": "close"}


class BodyLimit:
    """ASGI middleware that answers 413 as soon as a body is, or says it is, over `limit_bytes`.

    The rest of such a body is not read: the connection closes after the answer.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self.app = app
        self.limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > self.limit_bytes:
            return await self._refuse(f"{declared} bytes", scope, receive, send)
        return await self.app(scope, self._counted(receive), send)

    async def _refuse(self, found: str, scope: Scope, receive: Receive, send: Send) -> None:
        answer = refusal(413, self._detail(found), scope["path"], headers=CLOSE)
        await answer(scope, receive, send)

    def _counted(self, receive: Receive) -> Receive:
        """`receive`, until more than the limit has come."""
        total = 0

        async def counted() -> Message:
            nonlocal total
            message = await receive()
            total += len(message.get("body", b""))
            if total > self.limit_bytes:
                # Frameworks let this one class pass through their body parsers, which then drop what they spooled.
                raise HTTPException(413, self._detail(f"more than {self.limit_bytes} bytes"), CLOSE)
            return message

        return counted

    def _detail(self, found: str) -> str:
        return f"the body has {found}, the limit is {self.limit_bytes}"


def received_clip(
    request: Request, file: Annotated[UploadFile, File(description="A clip: a file with sound, pictures or both.")]
) -> Iterator[Path]:
    """The uploaded clip as a file of its own, gone when the answer is given; raises MediaInvalid where it is empty.

    What it is shows in its bytes alone, not in its name or in the type that its part claims.
    """
    if not file.size:
        raise MediaInvalid(f"the file {file_name(file)!r} is empty, expected a clip with sound, pictures or both")
    settings: Settings = request.app.state.settings
    with upload_folder(settings.spool) as folder:
        path = folder / "clip"  # what it is called is a stranger's choice
        with path.open("wb") as spooled:
            shutil.copyfileobj(file.file, spooled)
        yield path


def file_name(file: UploadFile) -> str:
    """What an uploaded file was called by whoever sent it, without folders."""
    return PurePath((file.filename or "clip").replace("\\", "/")).name
