"""Media files by the sha256 of their bytes."""

import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

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
        with NamedTemporaryFile(dir=self._folder, prefix=".draft-", delete=False) as copy:
            path = Path(copy.name)
        try:
            yield _copy(source, path)
        finally:
            path.unlink(missing_ok=True)

    def keep(self, draft: Draft) -> bool:
        """Give a draft its place; says whether it is new, False where the same bytes were there."""
        place = self.path(draft.sha256)
        if place.exists():
            return False
        place.parent.mkdir(exist_ok=True)
        draft.path.rename(place)
        _sync(place.parent)
        return True

    def drop(self, digest: str) -> None:
        """Forget these bytes."""
        self.path(digest).unlink(missing_ok=True)

    def sweep(self, used: Collection[str]) -> None:
        """Remove what a killed process left: old drafts and old files that no clip has."""
        before = time.time() - STRAY_S
        for path in [*self._folder.glob(".draft-*"), *self._folder.glob("??/*")]:
            if path.name not in used and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)


def _copy(source: Path, to: Path) -> Draft:
    digest, size = sha256(), 0
    with source.open("rb") as original, to.open("wb") as copy:
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
