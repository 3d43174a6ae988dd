"""Where uploads wait: in folders of their own that go away with the answer, or once their process is dead."""

import errno
import logging
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from threading import Event, Lock, Thread

from models.errors import SpoolFull

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
PREFIX = "sightsound-upload-"
SWEEP_S = 60.0
"""How often what dead processes left is looked for."""

log = logging.getLogger(__name__)


class Spool:
    """The room that all uploads of this process together may take on the disk.

    Those who are known by a key share it: the uploads of one together take no more than they leave to others, but one
    alone may take all that is free.
    """

    def __init__(self, folder: Path, *, limit_bytes: int) -> None:
        self.folder, self.limit_bytes = folder, limit_bytes
        self._taken, self._by = 0, Counter[str]()
        self._counting = Lock()
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def taken_bytes(self) -> int:
        """What is in use now."""
        return self._taken

    def check_room(self, size_bytes: int, who: str = "", *, already: int = 0) -> None:
        """Refuse at once what there is no room for; `already` are the bytes of the same upload. Raises SpoolFull."""
        left = self.limit_bytes - self._taken
        if size_bytes > left:
            raise SpoolFull(
                f"other uploads take {self._taken} of the {self.limit_bytes} bytes that uploads may take together, "
                f"expected room for {size_bytes} more"
            )
        own = self._by[who]
        if who and own > already and own + size_bytes > left:
            raise SpoolFull(
                f"uploads of the key {who!r} take {own} bytes, and would take more than the {left} that are left to "
                f"others with {size_bytes} more"
            )

    def take(self, size_bytes: int, who: str = "", *, already: int = 0) -> None:
        """Count bytes that are about to be written; raises SpoolFull."""
        with self._counting:
            self.check_room(size_bytes, who, already=already)
            self._taken += size_bytes
            self._by[who] += size_bytes

    def give_back(self, size_bytes: int, who: str = "") -> None:
        """Count bytes that are gone."""
        with self._counting:
            self._taken -= size_bytes
            self._by[who] -= size_bytes
            if not self._by[who]:
                del self._by[who]


@contextmanager
def room_on_disk() -> Iterator[None]:
    """Where what is written finds no room, that is told; raises SpoolFull."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise SpoolFull("the disk that uploads wait on is full") from error
        raise


@contextmanager
def upload_folder(spool: Path, prefix: str = PREFIX) -> Iterator[Path]:
    """A folder in `spool` that is gone after the block; locked for as long as its process lives."""
    folder, descriptor = _locked_folder(spool, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def sweep(spool: Path, prefix: str = PREFIX) -> None:
    """Remove the folders that a killed service left: those that nobody holds the lock of, however old or young."""
    for folder in spool.glob(f"{prefix}*"):
        with suppress(OSError), _opened(folder) as descriptor:  # in use, another user's, or gone by now
            flock(descriptor, LOCK_EX | LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def janitor(*places: tuple[Path, str], every_s: float = SWEEP_S) -> Iterator[None]:
    """Sweeps folders of these prefixes now, and again and again until the block ends."""
    leaving = Event()
    thread = Thread(target=_sweep_on, args=(places, leaving, every_s), name="janitor", daemon=True)
    thread.start()
    try:
        yield
    finally:
        leaving.set()
        thread.join()


def _sweep_on(places: tuple[tuple[Path, str], ...], leaving: Event, every_s: float) -> None:
    while True:
        for folder, prefix in places:
            try:
                sweep(folder, prefix)
            except OSError as error:  # as when the disk is away for a while
                log.warning("what dead processes left cannot be looked for: %s", error)
        if leaving.wait(every_s):
            return


def _locked_folder(spool: Path, prefix: str) -> tuple[Path, int]:
    """A new folder and the descriptor that holds its lock; another one where a janitor came between the two."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=spool))
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        flock(descriptor, LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return folder, descriptor
        os.close(descriptor)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
