"""Files that are whole or not there: written under a temporary name, synced, renamed to a name with their checksum."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from hashlib import file_digest
from pathlib import Path

from pydantic import Field

from models.bundle.manifest import Frozen
from models.disk import sync
from models.errors import SnapshotInvalid

WRITING = ".writing"
"""The end of a temporary name; what a killed write left is removed by the next."""


class StoredFile(Frozen):
    """A file's name, which leads to no other folder, its size and checksum."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    size_bytes: int
    sha256: str


def place(folder: Path, name: str, save: Callable[[Path], None]) -> StoredFile:
    """The file that `save` writes, in the folder under its name with the checksum in it, never over another one."""
    stem, suffix = name.rsplit(".", 1)
    temporary = folder / f"{name}{WRITING}"
    with ExitStack() as undo:
        undo.callback(temporary.unlink, missing_ok=True)  # on a full disk it would take the last room
        save(temporary)
        digest, size_bytes = _synced(temporary), temporary.stat().st_size
        final = f"{stem}-{digest[:16]}.{suffix}"
        os.replace(temporary, folder / final)
    return StoredFile(name=final, size_bytes=size_bytes, sha256=digest)


def replace(path: Path, content: bytes) -> None:
    """The file has this content from one moment to the next, also after a loss of power."""
    temporary = path.with_name(f"{path.name}{WRITING}")
    temporary.write_bytes(content)
    _synced(temporary)
    sync(path.parent)
    os.replace(temporary, path)
    sync(path.parent)


def check(folder: Path, files: Iterable[StoredFile]) -> None:
    """Refuse files that are missing, or not of their size and checksum; several are read at once."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(lambda stored: _check(folder / stored.name, stored), files))


def clear(folder: Path, keep: set[str]) -> None:
    """Remove what is neither kept nor a folder. Whoever has a removed file mapped keeps it until it is closed."""
    for path in folder.iterdir():
        if path.name not in keep and path.is_file():
            path.unlink(missing_ok=True)


def _check(path: Path, stored: StoredFile) -> None:
    try:
        size_bytes = path.stat().st_size
        if size_bytes != stored.size_bytes:
            raise SnapshotInvalid(f"{path} has {size_bytes} bytes, expected {stored.size_bytes}")
        digest = _digest(path)
    except OSError as error:
        raise SnapshotInvalid(f"{path} cannot be read: {error.strerror}") from error
    if digest != stored.sha256:
        raise SnapshotInvalid(f"{path} is damaged: its sha256 is {digest[:12]}..., expected {stored.sha256[:12]}...")


def _synced(path: Path) -> str:
    sync(path)
    return _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()
