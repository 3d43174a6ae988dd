"""Answers that may be too large for memory: written as they come, to a file that is at its place when it is whole."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from errno import ENOENT
from pathlib import Path
from typing import IO
from uuid import uuid4

import httpx

from sightsound.client.call import Into


@contextmanager
def landing(into: Into | None) -> Iterator["Landing | None"]:
    """Where the bytes of an answer go; None: into memory, as they are an answer that is read.

    A path has its file when the block has ended well, and nothing new otherwise. Raises OSError.
    """
    if into is None:
        yield None
        return
    with _opened(into.target) as file:
        yield Landing(file, into)


@contextmanager
def _opened(target: Path | str | IO[bytes]) -> Iterator[IO[bytes]]:
    if not isinstance(target, Path | str):
        yield target
        return
    path = Path(target).resolve()
    if path.exists() and not path.is_file():  # a device or a pipe takes bytes as they come; a folder raises here
        with path.open("wb") as file:
            yield file
        return
    if not path.parent.is_dir():
        raise FileNotFoundError(ENOENT, "there is no such folder", str(path.parent))
    part = path.with_name(f".{uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@dataclass
class Landing:
    """A file, and how much of an answer is in it; an attempt goes on where the last one was cut off."""

    _file: IO[bytes]
    _into: Into
    _done: int = 0
    _total: int = 0
    _etag: str = ""

    def headers(self) -> Mapping[str, str]:
        """Of the next attempt: for the rest, if the bytes are the same still (RFC 9110, section 13.1.5)."""
        rest = self._etag and 0 < self._done < self._total
        return {
            "Accept-Encoding": "identity",
            **({"Range": f"bytes={self._done}-", "If-Range": self._etag} if rest else {}),
        }

    def begin(self, answer: httpx.Response) -> None:
        """An answer comes, of the rest or of everything.

        Raises:
            RemoteProtocolError: it is of another part.
            OSError: it is of everything, and what came before went into a pipe.
        """
        if answer.status_code == httpx.codes.PARTIAL_CONTENT:
            self._check_rest(answer)
        elif self._done:
            self._begin_again()
        self._total = self._done + int(answer.headers.get("content-length", 0))
        etag = answer.headers.get("etag", "")
        # Of what a proxy packs in spite of what was asked for, ranges count other bytes than those that are written.
        self._etag = "" if etag.startswith("W/") or "content-encoding" in answer.headers else etag

    def write(self, chunk: bytes) -> None:
        """Some bytes have come."""
        self._file.write(chunk)
        self._done += len(chunk)
        if self._into.told is not None:
            self._into.told(self._done, max(self._total, self._done))

    def _begin_again(self) -> None:
        if not self._file.seekable():
            raise OSError("the file changed while it came, and a part of it has been passed on; ask again")
        self._file.seek(-self._done, 1)
        self._file.truncate()
        self._done = 0

    def _check_rest(self, answer: httpx.Response) -> None:
        """The next attempt is for everything where something between here and the service gave another part."""
        found = answer.headers.get("content-range", "")
        if not found.startswith(f"bytes {self._done}-"):
            self._etag = ""
            said = f"found Content-Range {found!r}, expected bytes from {self._done} on"
            raise httpx.RemoteProtocolError(said, request=answer.request)
