"""Clips' files in a folder of this machine, or in one that several machines share."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from index.media.base import Found
from index.media.scratch import written
from models.disk import sync


class FolderFiles:
    """Files of a folder, which decoders and answers read where they are; a new one is a second name of its source."""

    def __init__(self, folder: Path) -> None:
        self.root, self._folder = str(folder), folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, source: Path | str, name: str) -> bool:
        """As the port says; the source must be on the same disk."""
        original, place = source if isinstance(source, Path) else self._folder / source, self._folder / name
        with written():
            place.parent.mkdir(exist_ok=True)
        with written(FileNotFoundError):
            try:
                place.hardlink_to(original)
            except FileExistsError:
                return False
            if isinstance(source, Path):  # another name of what is here is as safe as the first
                sync(place.parent)
        return True

    def find(self, name: str) -> Found | None:
        """As the port says."""
        path = self._folder / name
        with suppress(FileNotFoundError, NotADirectoryError):
            found = path.stat()
            return Found(found.st_size, found.st_mtime, path)
        return None

    def read(self, name: str, start: int, end: int) -> bytes:
        """As the port says; raises OSError where the file cannot be read."""
        with (self._folder / name).open("rb") as opened:
            opened.seek(start)
            return opened.read(end - start)

    def remove(self, name: str) -> None:
        """As the port says."""
        with written():
            (self._folder / name).unlink(missing_ok=True)

    def listed(self, folder: str) -> Iterator[str]:
        """As the port says."""
        with suppress(FileNotFoundError), os.scandir(self._folder / folder) as entries:
            yield from (f"{folder}/{each.name}".lstrip("/") for each in entries if each.is_file())
