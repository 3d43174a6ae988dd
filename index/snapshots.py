"""Tables on the disk, so that a start need not embed a gallery anew."""

import logging
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path

from index.biasing import Biasing
from index.catalog.changes import Point
from index.corrections import NONE, Corrections
from index.embedding import Embedding
from index.tables import VectorTable
from index.vectors import snapshot
from index.vectors.snapshot import Identity
from models.errors import SnapshotInvalid, Unavailable

WORTH = 1000
"""Changes from here on are read quicker from a snapshot than made anew."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshots:
    """A folder with a snapshot of every table: `<gallery>/<generation>/<space>`."""

    folder: Path

    def write(self, gallery: int, number: int, table: VectorTable) -> None:
        """Replace what is there of a table; a failure leaves that as it was. Raises Unavailable where there is no room.

        Who else writes it meanwhile, in any process, waits.
        """
        space = table.embedding.space
        identity, place = _identity(gallery, number, space), self._place(gallery, number, space)
        try:
            place.mkdir(parents=True, exist_ok=True)
            with _alone(place), table.written() as at:
                kept = {} if table.biasing is None else table.biasing.state()
                point = {"position": at.position, "token": at.token}
                snapshot.write(table.index, place, identity=identity, report=table.report, attached=kept, **point)
        except (OSError, RuntimeError) as error:  # as numpy and FAISS fail
            reason = getattr(error, "strerror", None) or error
            raise Unavailable(f"the vectors cannot be written to {place}: {reason}") from error

    def read(
        self, gallery: int, number: int, embedding: Embedding, corrections: Corrections = NONE
    ) -> VectorTable | None:
        """The table as it was written, None where there is none that can be trusted, which is logged."""
        place = self._place(gallery, number, embedding.space)
        if not (place / snapshot.HEAD).exists():  # also where a killed process had only begun to write it
            return None
        try:
            found = snapshot.read(place, _identity(gallery, number, embedding.space))
            biasing = Biasing.restored(embedding, corrections, found.attached)
        except SnapshotInvalid as error:
            log.warning("%s; its vectors are made anew", error)
            return None
        point = Point(found.position, found.token)
        return VectorTable(embedding, found.index, point=point, report=found.report, biasing=biasing)

    def drop(self, gallery: int, number: int) -> None:
        """Forget those of a generation."""
        shutil.rmtree(self.folder / str(gallery) / str(number), ignore_errors=True)

    def written(self) -> set[tuple[int, int]]:
        """Whose there are: galleries and the numbers of their generations."""
        found = [(each.parent.name, each.name) for each in self.folder.glob("*/*")]
        return {(int(gallery), int(number)) for gallery, number in found if (gallery + number).isdecimal()}

    def sweep(self, gone: Collection[tuple[int, int]]) -> None:
        """Forget those of generations that there are no more, which a killed process left."""
        for gallery, number in gone:
            self.drop(gallery, number)
            with suppress(OSError):  # where the gallery has others
                (self.folder / str(gallery)).rmdir()

    def _place(self, gallery: int, number: int, space: str) -> Path:
        return self.folder / str(gallery) / str(number) / space[:16]


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Nobody else writes to the folder in the block."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _identity(gallery: int, number: int, space: str) -> Identity:
    return Identity(space=space, gallery=str(gallery), generation=number)
