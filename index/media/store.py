"""Media files by the sha256 of their bytes."""

import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from fcntl import LOCK_EX, LOCK_SH, flock
from pathlib import Path
from typing import IO

from index.media.address import MediaAddress
from index.media.base import PARTS, Files, place_of
from index.media.bucket import BucketFiles
from index.media.file import MediaFile
from index.media.folder import FolderFiles
from index.media.scratch import STRAY_S, Draft, Scratch, copied, written
from models.errors import InvalidInput

DROPPED, LOCK = ".dropped-", ".lock"
IsUsed = Callable[[str], bool]
"""Whether a clip has the media of this sha256."""


class MediaStore:
    """Files named by their content, wherever they lie; `lock` is a file that all processes of the data folder share."""

    def __init__(self, files: Files, scratch: Path, lock: Path) -> None:
        self._files, self._scratch, self._lock = files, Scratch(scratch), lock

    @classmethod
    def at(cls, address: MediaAddress, data: Path) -> "MediaStore":
        """Those of a data folder; raises DependencyMissing, and InvalidInput where the folder is not there."""
        home = data / "media"
        if address.is_bucket:
            home.mkdir(parents=True, exist_ok=True)
            return cls(BucketFiles(address), address.scratch or data / "spool", home / LOCK)
        if address.url is not None and not address.folder(home).is_dir():
            raise InvalidInput(f"there is no folder {address.folder(home)} for media; is it mounted?")
        return cls.in_folder(address.folder(home))

    @classmethod
    def in_folder(cls, folder: Path) -> "MediaStore":
        """Those of a folder, which is made where there is none."""
        return cls(FolderFiles(folder), folder, folder / LOCK)

    def file(self, digest: str) -> MediaFile:
        """That of this sha256, which need not be there."""
        return MediaFile(digest, self._files, self._scratch)

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
        with self._scratch.held() as (copy, path):
            yield copied(original, copy, path)

    def keep(self, draft: Draft) -> bool:
        """Give a draft its place; says whether it is new, False where the same bytes were there.

        The draft itself stays, so that it can be kept again if another process drops these bytes meanwhile.
        """
        return self._files.put(draft.path, place_of(draft.sha256))

    def drop(self, digest: str, is_used: IsUsed) -> None:
        """Forget these bytes unless they are used, which is asked once they are out of the way of who adds them.

        Raises Unavailable where nothing can be written.
        """
        aside = f"{DROPPED}{digest}.{secrets.token_hex(4)}"  # which nobody else has
        with self._locked(LOCK_SH), suppress(FileNotFoundError):
            self._files.put(place_of(digest), aside)
            self._files.remove(place_of(digest))
            self._settle(aside, digest, is_used)

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Nobody drops media in the block, in any process: who wants to waits. For a last look before a commit."""
        with self._locked(LOCK_EX):
            yield

    def digests(self, part: str) -> Iterator[str]:
        """The names of the files of one of the parts, each the sha256 of its file."""
        return (each.rpartition("/")[2] for each in self._files.listed(part))

    def all_digests(self) -> Iterator[str]:
        """Those of all parts."""
        return (each for part in PARTS for each in self.digests(part))

    def settle(self, is_used: IsUsed) -> None:
        """What a killed process had put aside goes back if it is used."""
        for name in list(self._files.listed("")):
            if name.startswith(DROPPED):
                self._settle(name, name.removeprefix(DROPPED).split(".")[0], is_used)

    def sweep_drafts(self) -> None:
        """Remove old drafts that a killed process left."""
        self._scratch.sweep()

    def sweep(self, found: Collection[str], used: Collection[str], is_used: IsUsed) -> None:
        """Remove, of those that were found, old files that no clip has, which a killed process left.

        `used` may be outdated: it saves asking for each of the files.
        """
        before = time.time() - STRAY_S
        for digest in found:
            if digest not in used and self._is_older(digest, before):
                self.drop(digest, is_used)

    def _is_older(self, digest: str, moment: float) -> bool:
        found = self._files.find(place_of(digest))
        return found is not None and found.modified_s < moment

    def _settle(self, aside: str, digest: str, is_used: IsUsed) -> None:
        """What was put aside is forgotten, or goes back: also where it cannot be told whether it is used."""
        with suppress(FileNotFoundError), ExitStack() as back:
            back.callback(self._put_back, aside, digest)
            if not is_used(digest):
                back.pop_all()
                self._files.remove(aside)

    def _put_back(self, aside: str, digest: str) -> None:
        self._files.put(aside, place_of(digest))
        self._files.remove(aside)

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        with written():
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with written():
                flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)
