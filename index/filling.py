"""How a collection in Milvus comes to hold what the catalog has, and nothing else.

All of it may be done again: where Milvus or the process fails on the way, the next one goes on. Whoever settles windows
holds the locks of the gallery, so that they stay while they are embedded, and of the collection's row.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from index.catalog import changes, collections
from index.catalog.changes import CHUNK, Changes, Point
from index.catalog.collections import CollectionRow
from index.catalog.database import Connection, Database
from index.embedding import Embedding
from index.watching import Watch
from models.types import I64

if TYPE_CHECKING:  # pymilvus is an extra
    from index.vectors.milvus_store import MilvusIndex


@dataclass(frozen=True, slots=True)
class Filling:
    """A collection and what is to be in it: the windows of a gallery that have a vector."""

    embedding: Embedding
    index: "MilvusIndex"
    gallery: int

    def fill(self, database: Database, watch: Watch) -> Point:
        """Make the collection hold what the catalog has, whatever is in it; returns the point that it is then at.

        One that was being filled is filled on, one of another history is emptied first. What is missing or too much
        otherwise, as after a backup of either side was restored, is mended.
        """
        with database.writing() as connection:
            changes.lock(connection, self.gallery)
            row = self._begun(connection)
        odd = self._odd(database)
        if len(odd) > CHUNK:  # so many keep nobody waiting: what changes meanwhile is odd afterwards
            self._put_missing(database, watch)
            odd = self._odd(database)
        for start in range(0, len(odd), CHUNK):
            self._mend(database, odd[start : start + CHUNK], watch)
        if not row.is_whole:
            with database.writing() as connection:
                collections.mark_whole(connection, row.name)
        return row.point

    def take_in(self, connection: Connection, found: Changes) -> None:
        """What the next changes have made of their windows; one that only got more features keeps its vector."""
        new = found.changed[~self.index.known(found.changed)]
        self._settle(connection, np.concatenate([found.added, found.removed, new]))

    def _begun(self, connection: Connection) -> CollectionRow:
        """The row of a collection that holds, if not all, nothing but what there was of this history."""
        row = collections.locked(connection, self.index.name)
        if changes.leads_through(connection, self.gallery, row.point):
            return row
        self.index.clear()
        collections.restart(connection, row.name, changes.last(connection, self.gallery))
        return collections.get(connection, row.name)

    def _odd(self, database: Database) -> I64:
        """[n] windows that should have a vector and have none, or the other way round."""
        with database.reading() as connection:
            return np.setxor1d(self.embedding.windows(connection, self.gallery), self.index.ids())

    def _put_missing(self, database: Database, watch: Watch) -> None:
        with database.reading() as connection:
            windows = np.setdiff1d(self.embedding.windows(connection, self.gallery), self.index.ids())
            for ids, vectors in self.embedding.vectors(connection, windows):
                self.index.put(ids, vectors)
                watch.did(len(ids))

    def _mend(self, database: Database, odd: I64, watch: Watch) -> None:
        with database.writing() as connection:
            changes.lock(connection, self.gallery)
            collections.locked(connection, self.index.name)
            self._settle(connection, odd)
        watch.did(len(odd))

    def _settle(self, connection: Connection, touched: I64) -> None:
        """Have of these windows what the catalog has of them."""
        windows = self.embedding.windows(connection, self.gallery, among=touched)
        vectors = self.embedding.all_vectors(connection, windows)
        self.index.discard(np.setdiff1d(touched, windows))
        self.index.put(windows, vectors)


def is_usable(connection: Connection, gallery: int, row: CollectionRow) -> bool:
    """Whether a collection holds what there was at its point, which is one of this history."""
    return row.is_whole and changes.leads_through(connection, gallery, row.point)
