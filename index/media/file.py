"""A clip's file, wherever it lies."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from index.media.base import Files, Found, place_of
from index.media.scratch import BLOCK_BYTES, Scratch, write


@dataclass(frozen=True, slots=True)
class MediaFile:
    """The bytes of a sha256, which need not be there; whoever asks for more than that hears FileNotFoundError then."""

    sha256: str
    files: Files = field(repr=False)
    scratch: Scratch = field(repr=False)

    def __str__(self) -> str:
        return f"{self.files.root}/{place_of(self.sha256)}"

    def exists(self) -> bool:
        """Whether it is there; raises Unavailable where that cannot be told."""
        return self.files.find(place_of(self.sha256)) is not None

    def found(self) -> Found:
        """What is known of it; raises Unavailable."""
        if (found := self.files.find(place_of(self.sha256))) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self))
        return found

    def read(self, start: int, end: int) -> bytes:
        """Some of it; raises Unavailable."""
        return self.files.read(place_of(self.sha256), start, end)

    def blocks(self) -> Iterator[bytes]:
        """All of it, one after another; raises Unavailable."""
        size_bytes = self.found().size_bytes
        for start in range(0, size_bytes, BLOCK_BYTES):
            yield self.read(start, min(start + BLOCK_BYTES, size_bytes))

    def digest(self) -> str:
        """The sha256 that it has by now; raises Unavailable."""
        digest = sha256()
        for block in self.blocks():
            digest.update(block)
        return digest.hexdigest()

    @contextmanager
    def local(self) -> Iterator[Path]:
        """It as a file of this machine, for decoders: itself, or a copy that is gone with the block."""
        if (path := self.found().path) is not None:
            yield path
            return
        with self.scratch.held() as (copy, path):
            for block in self.blocks():
                write(copy, block)
            yield path
