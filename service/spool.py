"""Where uploaded clips wait: each in a folder of its own that goes away with the answer, or at the next start."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

PREFIX = "sightsound-upload-"


@contextmanager
def upload_folder(spool: Path | None) -> Iterator[Path]:
    """A folder in `spool`, or the system's, that is gone after the block; locked for as long as its process lives."""
    with TemporaryDirectory(prefix=PREFIX, dir=spool) as folder, _opened(Path(folder)) as descriptor:
        flock(descriptor, LOCK_EX)
        yield Path(folder)


def sweep(spool: Path | None) -> None:
    """Remove the folders that a killed service left: those that nobody holds the lock of."""
    for folder in Path(spool or gettempdir()).glob(f"{PREFIX}*"):
        try:
            with _opened(folder) as descriptor:
                flock(descriptor, LOCK_EX | LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # in use, another user's, or gone by now
            continue


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
