"""Media files by the sha256 of their bytes."""

import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp
from typing import IO

from models.disk import sync
from models.errors import Unavailable

BLOCK_BYTES = 1024 * 1024
STRAY_S = 3600.0
"""How old an unused file must be to be swept: a younger one may belong to a clip that is being added."""
DROPPED, LOCK = ".dropped-", ".lock"
IsUsed = Callable[[str], bool]
"""Whether a clip has the media of this sha256."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A copy on the disk that no clip has yet."""

    path: Path
    sha256: str
    size_bytes: int


class MediaStore:
    """A folder of files named by their content; a file appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where the bytes of this sha256 are, or would be."""
        return self._folder / digest[:2] / digest

    @contextmanager
    def draft(self, source: Path) -> Iterator[Draft]:
        """A copy of a file, on the disk; it disappears with the block unless it was kept.

        Raises Unavailable where the copy cannot be written, OSError where the file cannot be read.
        """
        with source.open("rb") as original, self.draft_of(original) as copy:
            yield copy

    @contextmanager
    def draft_of(self, original: IO[bytes]) -> Iterator[Draft]:
        """As `draft`, of what is left to read of something that is open."""
        with self._held() as (copy, path):
            try:
                yield _copy(original, copy, path)
            finally:
                path.unlink(missing_ok=True)

    def keep(self, draft: Draft) -> bool:
        """Give a draft its place; says whether it is new, False where the same bytes were there.

        The draft itself stays, so that it can be kept again if another process drops these bytes meanwhile.
        """
        place = self.path(draft.sha256)
        with _written():
            place.parent.mkdir(exist_ok=True)
            try:
                place.hardlink_to(draft.path)
            except FileExistsError:
                return False
            sync(place.parent)
            return True

    def drop(self, digest: str, is_used: IsUsed) -> None:
        """Forget these bytes unless they are used, which is asked once they are out of the way of who adds them.

        Raises Unavailable where the disk cannot be written.
        """
        place = self.path(digest)
        aside = self._folder / f"{DROPPED}{digest}.{secrets.token_hex(4)}"  # which nobody else has
        with self._locked(LOCK_SH), suppress(FileNotFoundError):
            place.rename(aside)
            self._settle(aside, digest, is_used)

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Nobody drops media in the block, in any process: who wants to waits. For a last look before a commit."""
        with self._locked(LOCK_EX):
            yield

    def files(self) -> Iterator[Path]:
        """All the files there are, each by the name of its sha256."""
        return self._folder.glob("??/*")

    def parts(self) -> list[str]:
        """The digits that the files of each folder begin with."""
        return sorted(each.name for each in self._folder.glob("??"))

    def settle(self, is_used: IsUsed) -> None:
        """What a killed process had put aside goes back if it is used."""
        for path in self._folder.glob(f"{DROPPED}*"):
            self._settle(path, path.name.removeprefix(DROPPED).split(".")[0], is_used)

    def sweep_drafts(self) -> None:
        """Remove old drafts that a killed process left."""
        before = time.time() - STRAY_S
        for path in self._folder.glob(".draft-*"):
            if _is_older(path, before):
                _remove_unheld(path)

    def sweep(self, part: str, used: Collection[str], is_used: IsUsed) -> None:
        """Remove, of one of the parts, old files that no clip has, which a killed process left.

        `used` may be outdated: it saves asking for each of the files.
        """
        before = time.time() - STRAY_S
        for path in (self._folder / part).glob("*"):
            if path.name not in used and _is_older(path, before):
                self.drop(path.name, is_used)

    def _settle(self, aside: Path, digest: str, is_used: IsUsed) -> None:
        """What was put aside is forgotten, or goes back: also where it cannot be told whether it is used."""
        with suppress(FileNotFoundError), ExitStack() as back:
            back.callback(aside.replace, self.path(digest))
            if not is_used(digest):
                back.pop_all()
                aside.unlink()

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        with _written():
            descriptor = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with _written():
                flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _held(self) -> Iterator[tuple[IO[bytes], Path]]:
        """A new draft that no sweep takes as long as it is open, whatever the clock says."""
        while True:
            with _written():
                descriptor, name = mkstemp(dir=self._folder, prefix=".draft-")
            with os.fdopen(descriptor, "wb") as copy:
                flock(copy, LOCK_EX)
                if os.fstat(descriptor).st_nlink:  # else it was swept in the moment before it was held
                    return (yield copy, Path(name))


def _copy(original: IO[bytes], copy: IO[bytes], path: Path) -> Draft:
    digest, size = sha256(), 0
    while block := original.read(BLOCK_BYTES):
        digest.update(block)
        size += len(block)
        _write(copy, block)
    with _written():
        os.fsync(copy.fileno())
    return Draft(path, digest.hexdigest(), size)


def _write(copy: IO[bytes], block: bytes) -> None:
    """Past the buffer, which would fail once more when it is closed."""
    rest = memoryview(block)
    while rest:
        with _written():
            rest = rest[os.write(copy.fileno(), rest) :]


@contextmanager
def _written() -> Iterator[None]:
    """What fails in the block is the media's disk, not the file that is added."""
    try:
        yield
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
