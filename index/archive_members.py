"""Members of an archive: a tar whose every byte but the contents follows from names and sizes.

So one archive has one form: what is written again is the same file, and any byte that was changed is found.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from tarfile import BLOCKSIZE, GNU_FORMAT, HeaderError, TarInfo
from typing import IO, Any

from models.errors import ArchiveInvalid

END = bytes(2 * BLOCKSIZE)
BUFFER_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """A name and where its content is: `size_bytes` from `offset` on."""

    name: str
    offset: int
    size_bytes: int

    @property
    def end(self) -> int:
        """Where the next header is."""
        return self.offset + self.size_bytes + _padding(self.size_bytes)


class Writing:
    """A file that grows by one member after another."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    @contextmanager
    def member(self, name: str) -> Iterator["Content"]:
        """A member, whose size need not be known before its content is written."""
        start = self._file.tell()
        self._file.write(bytes(BLOCKSIZE))
        content = Content(self._file)
        yield content
        self._file.write(bytes(_padding(content.size_bytes)))
        end = self._file.tell()
        self._file.seek(start)
        self._file.write(header(name, content.size_bytes))
        self._file.seek(end)

    def end(self) -> None:
        """Nothing comes after."""
        self._file.write(END)


class Content:
    """What is written of one member."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._sha256 = file, sha256()
        self.size_bytes = 0

    @property
    def digest(self) -> str:
        """The sha256 so far."""
        return self._sha256.hexdigest()

    def write(self, block: bytes) -> None:
        """Go on with these bytes."""
        self._sha256.update(block)
        self._file.write(block)
        self.size_bytes += len(block)


class Reading:
    """An archive that is open, whose members are read side by side; what is not as written raises ArchiveInvalid."""

    def __init__(self, file: IO[bytes]) -> None:
        self._descriptor = file.fileno()
        self._size_bytes = os.fstat(self._descriptor).st_size

    def member(self, at: int = 0) -> Member:
        """The one whose header is there; raises ArchiveInvalid where it is cut off, altered, or none."""
        found = os.pread(self._descriptor, BLOCKSIZE, at)
        try:
            told = TarInfo.frombuf(found, "ascii", "strict")
            canonical = header(told.name, told.size)
        except (HeaderError, ValueError, OverflowError) as error:
            raise ArchiveInvalid(f"at byte {at}: expected the header of a member, found {_shown(found)}") from error
        if found != canonical:
            raise ArchiveInvalid(f"at byte {at}: the header of {told.name!r} is not as it was written")
        member = Member(told.name, at + BLOCKSIZE, told.size)
        self._check_end(member)
        return member

    def content(self, member: Member) -> "Section":
        """What a member holds, from its beginning."""
        return Section(self._descriptor, member)

    def check_end(self, at: int) -> None:
        """Refuse anything but the end there, and nothing after it."""
        if self._size_bytes != at + len(END) or os.pread(self._descriptor, len(END), at) != END:
            raise ArchiveInvalid(
                f"at byte {at}: expected the end, {len(END)} zeros, of {self._size_bytes} bytes in all"
            )

    def _check_end(self, member: Member) -> None:
        if member.end > self._size_bytes:
            raise ArchiveInvalid(
                f"{member.name}: cut off, expected to end at byte {member.end}, found {self._size_bytes} bytes in all"
            )
        behind = os.pread(self._descriptor, _padding(member.size_bytes), member.offset + member.size_bytes)
        if any(behind):
            raise ArchiveInvalid(f"{member.name}: expected zeros behind it")


class Section(io.BufferedReader):
    """The bytes of one member, read once from first to last."""

    def __init__(self, descriptor: int, member: Member) -> None:
        self._part = _Part(descriptor, member)
        super().__init__(self._part, BUFFER_BYTES)

    @property
    def digest(self) -> str:
        """The sha256 of what was read; of the member once there is no more."""
        return self._part.sha256.hexdigest()


class _Part(io.RawIOBase):
    def __init__(self, descriptor: int, member: Member) -> None:
        self._descriptor, self._member = descriptor, member
        self._at = 0
        self.sha256 = sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        left = self._member.size_bytes - self._at
        block = os.pread(self._descriptor, min(len(buffer), left), self._member.offset + self._at)
        if left and not block:
            raise ArchiveInvalid(f"{self._member.name}: became shorter while it was read")
        buffer[: len(block)] = block
        self.sha256.update(block)
        self._at += len(block)
        return len(block)


def header(name: str, size_bytes: int) -> bytes:
    """The one block before a member: a file that everybody may read, of no moment and nobody."""
    told = TarInfo(name)
    told.size = size_bytes
    return told.tobuf(GNU_FORMAT, "ascii", "strict")


def _padding(size_bytes: int) -> int:
    return -size_bytes % BLOCKSIZE


def _shown(block: bytes) -> str:
    return f"{len(block)} bytes, such as {block[:12]!r}" if block else "nothing"
