"""Media files by the sha256 of their bytes."""

import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

BLOCK_BYTES = 1024 * 1024
STRAY_S = 3600.0
"""How old an unused file must be to be swept: a younger one may belong to a clip that is being added."""


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
        """A copy of a file, on the disk; it disappears with the block unless it was kept."""
        with source.open("rb") as original, self.draft_of(original) as copy:
            yield copy

    @contextmanager
    def draft_of(self, original: IO[bytes]) -> Iterator[Draft]:
        """As `draft`, of what is left to read of something that is open."""
        with NamedTemporaryFile(dir=self._folder, prefix=".draft-", delete=False) as copy:
            path = Path(copy.name)
        try:
            yield _copy(original, path)
        finally:
            path.unlink(missing_ok=True)

    def keep(self, draft: Draft) -> bool:
        """Give a draft its place; says whether it is new, False where the same bytes were there.

        The draft itself stays, so that it can be kept again if another process drops these bytes meanwhile.
        """
        place = self.path(draft.sha256)
        place.parent.mkdir(exist_ok=True)
        try:
            place.hardlink_to(draft.path)
        except FileExistsError:
            return False
        _sync(place.parent)
        return True

    def drop(self, digest: str, is_used: Callable[[str], bool]) -> None:
        """Forget these bytes unless they are used, which is asked once they are out of the way of who adds them."""
        place = self.path(digest)
        aside = place.with_name(f".dropped-{digest}")
        with suppress(FileNotFoundError):
            place.rename(aside)
            if is_used(digest):
                aside.replace(place)
            aside.unlink(missing_ok=True)

    def files(self) -> Iterator[Path]:
        """All the files there are, each by the name of its sha256."""
        return self._folder.glob("??/*")

    def sweep(self, used: Collection[str]) -> None:
        """Remove what a killed process left: old drafts and old files that no clip has."""
        before = time.time() - STRAY_S
        for path in [*self._folder.glob(".draft-*"), *self.files()]:
            if path.name not in used and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)


def _copy(original: IO[bytes], to: Path) -> Draft:
    digest, size = sha256(), 0
    with to.open("wb") as copy:
        while block := original.read(BLOCK_BYTES):
            digest.update(block)
            size += copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    return Draft(to, digest.hexdigest(), size)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
