"""Files of this machine that are on their way to their place, or were copied from it for a while."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from typing import IO

from models.errors import Unavailable

BLOCK_BYTES = 1024 * 1024
STRAY_S = 3600.0
"""How old an unused file must be to be swept: a younger one may belong to a clip that is being added."""
DRAFT = ".draft-"


@dataclass(frozen=True, slots=True)
class Draft:
    """A copy on the disk that no clip has yet."""

    path: Path
    sha256: str
    size_bytes: int


class Scratch:
    """A folder of such files; each is gone with its block, or swept once its process is dead."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def held(self) -> Iterator[tuple[IO[bytes], Path]]:
        """A new file that no sweep takes as long as it is open, whatever the clock says; gone with the block."""
        with self._opened() as (copy, path):
            try:
                yield copy, path
            finally:
                path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove old ones that a killed process left."""
        before = time.time() - STRAY_S
        for path in self._folder.glob(f"{DRAFT}*"):
            if _is_older(path, before):
                _remove_unheld(path)

    @contextmanager
    def _opened(self) -> Iterator[tuple[IO[bytes], Path]]:
        while True:
            with written():
                descriptor, name = mkstemp(dir=self._folder, prefix=DRAFT)
            with os.fdopen(descriptor, "wb") as copy:
                flock(copy, LOCK_EX)
                if os.fstat(descriptor).st_nlink:  # else it was swept in the moment before it was held
                    return (yield copy, Path(name))


def copied(original: IO[bytes], copy: IO[bytes], path: Path) -> Draft:
    """What is left to read of something that is open, on the disk."""
    digest, size = sha256(), 0
    while block := original.read(BLOCK_BYTES):
        digest.update(block)
        size += len(block)
        write(copy, block)
    with written():
        os.fsync(copy.fileno())
    return Draft(path, digest.hexdigest(), size)


def write(copy: IO[bytes], block: bytes) -> None:
    """Past the buffer, which would fail once more when it is closed."""
    rest = memoryview(block)
    while rest:
        with written():
            rest = rest[os.write(copy.fileno(), rest) :]


@contextmanager
def written(*passing: type[OSError]) -> Iterator[None]:
    """What fails in the block is the media's disk, not the file that is added; but for what passes."""
    try:
        yield
    except passing:
        raise
    except OSError as error:
        raise Unavailable(f"the media cannot be written: {error.strerror}") from error


def _is_older(path: Path, moment: float) -> bool:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime < moment
    return False


def _remove_unheld(draft: Path) -> None:
    """A draft whose process is no more, which let go of it with its last breath."""
    with suppress(FileNotFoundError, BlockingIOError), draft.open("r+b") as opened:  # as a lock on NFS wants it
        flock(opened, LOCK_EX | LOCK_NB)
        draft.unlink()
