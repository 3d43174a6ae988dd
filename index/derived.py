"""What is made of media for people to look at, by the sha256 of the media: all of it can be made again."""

import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import IO

from models.errors import Unavailable

DRAFT = ".draft-"
STRAY_S = 3600.0
"""How long nobody wrote to a draft that is swept."""
ROOM = 0.9
"""The part of the limit that is left filled when it was passed, so that not every file has all looked at."""
LEAST_BYTES = 4096
"""What a file takes on the disk, however small."""


class DerivedStore:
    """A folder of files named `<sha256>.<name>`, each whole or not there; over a limit the least recently used go.

    Safe to use from several threads and processes. When each was used last is its time of access.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._weighing = Lock()
        self._size_bytes: int | None = None  # as this process last knew

    def find(self, digest: str, name: str) -> Path | None:
        """What was made of the media of this sha256, by its name, and is used now; None where it is not there."""
        path = self._place(digest, name)
        try:
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
        except OSError:
            return None
        return path

    @contextmanager
    def draft(self) -> Iterator[IO[bytes]]:
        """A file to write to, gone with the block unless it was kept; raises Unavailable where there can be none."""
        with _written():
            self._folder.mkdir(parents=True, exist_ok=True)
            file = NamedTemporaryFile(dir=self._folder, prefix=DRAFT, delete=False)  # noqa: SIM115 - closed below
        try:
            yield file
        finally:
            with suppress(OSError):  # what a full disk did not take when it was kept, it does not take now
                file.close()
            Path(file.name).unlink(missing_ok=True)

    def keep(self, draft: IO[bytes], digest: str, name: str, *, limit_bytes: int) -> Path:
        """Give a draft its place, and make room; raises Unavailable where it cannot be written."""
        place = self._place(digest, name)
        with _written():
            draft.flush()
            os.fsync(draft.fileno())  # or a power cut may leave its name with nothing in it
            place.parent.mkdir(parents=True, exist_ok=True)
            Path(draft.name).replace(place)
        self._weigh(place, limit_bytes)
        return place

    def put(self, content: bytes, digest: str, name: str, *, limit_bytes: int) -> Path:
        """Keep some bytes; raises Unavailable where they cannot be written."""
        with self.draft() as draft:
            with _written():
                draft.write(content)
            return self.keep(draft, digest, name, limit_bytes=limit_bytes)

    def drop(self, digest: str) -> None:
        """Forget all that was made of the media of this sha256."""
        for path in self._folder.joinpath(digest[:2]).glob(f"{digest}.*"):
            path.unlink(missing_ok=True)

    def parts(self) -> list[str]:
        """The digits that the files of each folder begin with."""
        return sorted(each.name for each in self._folder.glob("??"))

    def sweep(self, part: str, used: Collection[str]) -> None:
        """Forget, of one of the parts, what is of media that nobody has."""
        for path in self._folder.joinpath(part).glob("*"):
            if path.name.split(".")[0] not in used:
                path.unlink(missing_ok=True)

    def sweep_drafts(self) -> None:
        """Remove old drafts that a killed process left."""
        before = time.time() - STRAY_S
        for path in self._folder.glob(f"{DRAFT}*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def _place(self, digest: str, name: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.{name}"

    def _weigh(self, new: Path, limit_bytes: int) -> None:
        with self._weighing:
            if self._size_bytes is None:
                self._size_bytes = sum(size for _, size, _ in self._files())
            else:
                self._size_bytes += max(new.stat().st_size, LEAST_BYTES) if new.exists() else 0
            if self._size_bytes > limit_bytes:
                self._size_bytes = self._make_room(round(limit_bytes * ROOM), new)

    def _make_room(self, limit_bytes: int, new: Path) -> int:
        """Forget what was not used for longest, but what is new; returns the bytes that are left."""
        files = sorted(self._files())
        left = sum(size for _, size, _ in files)
        for _, size, path in files:
            if left <= limit_bytes:
                break
            if path != new:
                path.unlink(missing_ok=True)
                left -= size
        return left

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """When each was used last, and how large it is."""
        for path in self._folder.glob("??/*"):
            with suppress(FileNotFoundError):
                found = path.stat()
                yield found.st_atime, max(found.st_size, LEAST_BYTES), path


@contextmanager
def _written() -> Iterator[None]:
    """What fails in the block is the disk, not the clip."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"what is made of clips cannot be written: {error.strerror}") from error
