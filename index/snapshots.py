"""Tables on the disk, so that a start need not embed a gallery anew."""

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from index.embedding import Embedding
from index.tables import VectorTable
from index.vectors import snapshot
from index.vectors.snapshot import Identity
from models.errors import SnapshotInvalid

WORTH = 1000
"""Changes from here on are read quicker from a snapshot than made anew."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshots:
    """A folder with a snapshot of every table: `<gallery>/<generation>/<space>`."""

    folder: Path

    def write(self, gallery: int, number: int, table: VectorTable) -> None:
        """Replace what is there of a table; a failure leaves that as it was."""
        space = table.embedding.space
        identity, place = _identity(gallery, number, space), self._place(gallery, number, space)
        with table.held() as position:
            snapshot.write(table.index, place, identity=identity, position=position, report=table.report)

    def read(self, gallery: int, number: int, embedding: Embedding) -> VectorTable | None:
        """The table as it was written, None where there is none that can be trusted, which is logged."""
        place = self._place(gallery, number, embedding.space)
        if not place.exists():
            return None
        try:
            found = snapshot.read(place, _identity(gallery, number, embedding.space))
        except SnapshotInvalid as error:
            log.warning("%s; its vectors are made anew", error)
            return None
        return VectorTable(embedding, found.index, position=found.position, report=found.report)

    def drop(self, gallery: int, number: int) -> None:
        """Forget those of a generation."""
        shutil.rmtree(self.folder / str(gallery) / str(number), ignore_errors=True)

    def _place(self, gallery: int, number: int, space: str) -> Path:
        return self.folder / str(gallery) / str(number) / space[:16]


def _identity(gallery: int, number: int, space: str) -> Identity:
    return Identity(space=space, gallery=str(gallery), generation=number)
