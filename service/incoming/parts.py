"""The files of a form, written to the spool as they come."""

import os
import shutil
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, cast

from fastapi import Request, Response
from fastapi.routing import APIRoute
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from models.errors import SightsoundError
from service.callers.caller import name_of_caller
from service.http.json_bodies import JsonRequest
from service.incoming.spool import Spool, room_on_disk, upload_folder

CHARSETS = (b"utf-8", b"utf8", b"us-ascii")


class Parts:
    """The files of one form of a caller under numbers, in a folder that is there from the first to the last of them."""

    def __init__(self, spool: Spool, who: str = "") -> None:
        self.spool, self.who, self.size_bytes = spool, who, 0
        self._closing = ExitStack()
        self._folder: Path | None = None
        self._made, self._open = 0, 0
        self._counting = Lock()

    def part(self) -> "Part":
        """A new one, empty."""
        with self._counting:
            if self._folder is None:
                with room_on_disk():
                    self._folder = self._closing.enter_context(upload_folder(self.spool.folder))
            self._made += 1
            self._open += 1
            return Part(self, self._folder / f"{self._made:06}")

    def take(self, size_bytes: int) -> None:
        """Count what one of them is about to have more; raises SpoolFull."""
        self.spool.take(size_bytes, self.who, already=self.size_bytes)
        self.size_bytes += size_bytes

    def closed(self, size_bytes: int) -> None:
        """One of them, of so many bytes, is not needed any more; the folder goes with the last."""
        self.spool.give_back(size_bytes, self.who)
        with self._counting:
            self.size_bytes -= size_bytes
            self._open -= 1
            if not self._open:
                self._closing.close()
                self._folder = None


class Part:
    """One file of a form, at `path` until it is closed; holds no descriptor but while it is written or read."""

    def __init__(self, parts: Parts, path: Path) -> None:
        self.path = path
        self._parts = parts
        self._size_bytes, self._position = 0, 0
        self._file: FileIO | None = None
        self._closed = False
        with room_on_disk():
            path.touch()

    def write(self, content: bytes) -> int:
        """Add to its end; raises SpoolFull."""
        self._parts.take(len(content))
        self._size_bytes += len(content)
        with room_on_disk():
            self._file = self._file or self.path.open("ab", buffering=0)  # so that a full disk is met here
            left = memoryview(content)
            while left:
                left = left[self._file.write(left) :]
        return len(content)

    def seek(self, position: int) -> int:
        """Read from there on; what was written is complete."""
        self._let_go()
        self._position = position
        return position

    def read(self, size: int = -1) -> bytes:
        """The bytes from where it was read to."""
        self._let_go()
        with self.path.open("rb") as file:
            file.seek(self._position)
            content = file.read(size)
        self._position += len(content)
        return content

    def keep(self, place: Path) -> None:
        """Have it at another path too, without copying it where both are on one disk."""
        self._let_go()
        try:
            os.link(self.path, place)
        except OSError:
            with room_on_disk():
                shutil.copyfile(self.path, place)

    def close(self) -> None:
        """Remove it, unless it was kept elsewhere; more than once does no harm."""
        if self._closed:
            return
        self._closed = True
        self._let_go()
        self.path.unlink(missing_ok=True)
        self._parts.closed(self._size_bytes)

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class PartsParser(MultiPartParser):
    """Starlette's parser, with the files of the form in the spool instead of the system's folder."""

    def __init__(self, headers: Headers, stream: AsyncGenerator[bytes, None], *, parts: Parts, **limits: Any) -> None:
        super().__init__(headers, stream, **limits)
        self._parts = parts

    async def parse(self) -> FormData:
        """The form; raises MultiPartException where it is none, or breaks off, which Starlette lets pass."""
        form = await super().parse()
        whole = {id(each.file) for _, each in form.multi_items() if isinstance(each, UploadFile)}
        if all(id(each) in whole for each in self._files_to_close_on_error):
            return form
        for each in self._files_to_close_on_error:
            each.close()
        raise MultiPartException("the form breaks off within a file, expected its boundary once more")

    def on_headers_finished(self) -> None:
        """The head of a part has come: if it is a file, it gets one of ours in place of the one that was opened."""
        super().on_headers_finished()
        opened = self._current_part.file
        if opened is None:
            return
        self._files_to_close_on_error.pop().close()
        part = self._parts.part()
        self._files_to_close_on_error.append(cast(Any, part))
        self._current_part.file = UploadFile(
            cast(BinaryIO, part), size=0, filename=opened.filename, headers=opened.headers
        )


class SpoolingRequest(JsonRequest):
    """A request whose multipart form is parsed by PartsParser."""

    async def _get_form(self, **limits: Any) -> FormData:
        if self._form is None and self.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            _check_charset(self.headers)
            parts = Parts(self.app.state.spool, name_of_caller(self))
            declared = self.headers.get("content-length", "")
            parts.spool.check_room(int(declared) if declared.isdecimal() else 0, parts.who)
            try:
                self._form = await PartsParser(self.headers, self.stream(), parts=parts, **limits).parse()
            except MultiPartException as error:
                raise HTTPException(400, error.message) from error
        return await super()._get_form(**limits)


def _check_charset(headers: Headers) -> None:
    """Refuse a form whose fields are to be read by another codec than UTF-8; some take seconds for one field."""
    found = parse_options_header(headers["content-type"])[1].get(b"charset", CHARSETS[0])
    if found.lower() not in CHARSETS:
        raise HTTPException(415, f"the form is in {found[:40].decode('latin-1')}, expected UTF-8")


class SpoolingRoute(APIRoute):
    """A route that takes forms with files: `APIRouter(route_class=SpoolingRoute)`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What FastAPI calls for a request."""
        answer = super().get_route_handler()

        async def spooling(request: Request) -> Response:
            try:
                return await answer(SpoolingRequest(request.scope, request.receive))
            except HTTPException as error:
                # FastAPI takes whatever fails while a body is parsed for a fault of the body.
                if isinstance(error.__cause__, SightsoundError):
                    raise error.__cause__ from None
                raise

        return spooling


def part_of(file: UploadFile) -> Part:
    """The file of an upload as it lies in the spool."""
    part = cast(Any, file.file)
    assert isinstance(part, Part), "the route is no SpoolingRoute"
    return part
