"""A clip's file as an answer, and what was made of it."""

import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from index.media.base import Found
from index.media.file import MediaFile
from models.errors import Unavailable
from service.http.bodiless import asks_for_head
from service.http.conditions import is_known
from service.http.fields import field
from service.http.problems import refusal

GONE = "the file was deleted meanwhile, or had to make room; ask again"


class MediaResponse(FileResponse):
    """A file in ranges of bytes; a range that cannot be answered is a problem document."""

    @classmethod
    def of(cls, content: Path | MediaFile, media_type: str, sha256: str, request: Request) -> Response:
        """The file, or 304 where the client has these bytes already; raises Unavailable."""
        # The name holds a hash of the bytes, so they never change; private, since galleries may be.
        headers = {"ETag": f'"{sha256}"', "Cache-Control": "private, max-age=31536000, immutable"}
        if is_known(headers["ETag"], request.scope):
            return Response(status_code=304, headers=headers)
        if isinstance(content, Path):
            return cls(content, media_type=media_type, headers=headers)
        try:
            found = content.found()
        except FileNotFoundError as error:
            raise Unavailable(GONE) from error
        if found.path is None:
            return DistantResponse(content, found, media_type=media_type, headers=headers)
        return cls(found.path, media_type=media_type, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Starlette answers a range it cannot give with plain text; here that becomes a problem.

        Raises Unavailable where the file went since it was found, before anything of the answer is sent.
        """
        is_refused, held = False, list[Message]()

        async def watched(message: Message) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start":
                is_refused = message["status"] >= 400
                held.append(message)  # until the file is open, which it is when the first of its bytes come
            elif is_refused:
                await _refuse(held.pop(), scope, receive, send)
            else:
                for each in (*held, message):
                    await send(each)
                held.clear()

        try:
            await super().__call__({**scope, "method": "HEAD"} if asks_for_head(scope) else scope, receive, watched)
        except (FileNotFoundError, RuntimeError) as error:
            if Path(self.path).exists():
                raise
            raise Unavailable(GONE) from error


class DistantResponse(MediaResponse):
    """As a file of this machine is answered, one that lies elsewhere: asked for block by block, and kept nowhere."""

    chunk_size = 2**20  # each is a request to where it lies

    def __init__(self, file: MediaFile, found: Found, *, media_type: str, headers: dict[str, str]) -> None:
        size, modified = found.size_bytes, int(found.modified_s)
        told = os.stat_result((stat.S_IFREG, 0, 0, 1, 0, 0, size, modified, modified, modified))
        super().__init__(str(file), media_type=media_type, headers=headers, stat_result=told)
        self._file, self._size_bytes = file, size

    @asynccontextmanager
    async def _open_file(self) -> AsyncIterator[Any]:
        """What Starlette opens and reads an answer from."""
        yield _Reading(self._file, self._size_bytes)


class _Reading:
    """A place in a file that lies elsewhere."""

    def __init__(self, file: MediaFile, size_bytes: int) -> None:
        self._file, self._size_bytes, self._at = file, size_bytes, 0

    async def seek(self, offset: int) -> None:
        """Go to a place."""
        self._at = offset

    async def read(self, size_bytes: int) -> bytes:
        """What comes next."""
        end = min(self._at + size_bytes, self._size_bytes)
        if end <= self._at:
            return b""
        block = await run_in_threadpool(self._file.read, self._at, end)
        self._at = end
        return block


async def _refuse(start: Message, scope: Scope, receive: Receive, send: Send) -> None:
    asked = field(scope, b"range") or ""
    length = next((value.decode() for name, value in start["headers"] if name == b"content-range"), None)
    detail = f"found Range: {asked[:80]}, expected bytes within the file" + (f" ({length})" if length else "")
    answer = refusal(start["status"], detail, scope["path"], headers={"Content-Range": length} if length else None)
    await answer(scope, receive, send)
