"""Vector tables in Milvus: one collection that all processes search, and that whoever comes first brings up to date."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from index.blending import Blend, of_plain
from index.catalog import changes, collections
from index.catalog.changes import Point
from index.catalog.collections import UNFILLED
from index.catalog.database import Connection, Database
from index.embedding import Embedding
from index.filling import Filling, is_usable
from index.vectors.base import padded
from index.vectors.kinds import Report
from index.watching import UNWATCHED, Watch
from models.errors import VectorsUnavailable
from models.types import F32, I64, Hits

if TYPE_CHECKING:  # pymilvus is an extra
    from index.vectors.milvus_store import MilvusIndex

PAUSE_S = 5.0
"""After a failure Milvus is not asked for so long: every search would wait for it otherwise."""


class SharedTable:
    """A Milvus collection of the windows that the catalog had at the point of its row, or later.

    The point is raised once Milvus has answered. Milvus is reached when it is first needed, so that a gallery can be
    opened without it; whatever needs it then raises VectorsUnavailable. `report` is None: recall is not measured, as
    Milvus indexes when it sees fit.

    Args:
        reach: opens the collection.
    """

    def __init__(
        self, embedding: Embedding, reach: Callable[[], "MilvusIndex"], *, database: Database, gallery: int
    ) -> None:
        self.embedding = embedding
        self.report: Report | None = None
        self._reach, self._database, self._gallery = reach, database, gallery
        self._reached: Filling | None = None
        self._point = UNFILLED
        self._opening, self._following = Lock(), Lock()
        self._again_at, self._failure = 0.0, ""

    @property
    def kind(self) -> str:
        """How Milvus was asked to search, once it was."""
        filling = self._reached
        return "milvus" if filling is None else filling.index.kind

    @property
    def position(self) -> int:
        """The last change that this process knows to be in the collection; others may have put in more."""
        return self._point.position

    def is_light(self, queries: int) -> bool:
        """Never: it is another process that compares."""
        return False

    def __len__(self) -> int:
        return len(self.open().index)

    def ids(self) -> I64:
        """The windows that have a vector, ascending."""
        return self.open().index.ids()

    def vectors(self, ids: I64) -> F32:
        """[n, dim] of windows [n]; of unit length where the metric is cosine."""
        return self.open().index.vectors(ids)

    def search(self, route: str, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """The `k` best for each query vector [q, dim], but no more than Milvus looks for; routes search alike."""
        with self._asking():
            index = self.open().index
            found = index.search(queries, min(k, index.deepest), allowed=allowed)
            return padded(found.ids, found.scores, k)

    def search_blend(self, blend: Blend, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """As `search`, for each vector [q, dim] that is such a sum of queries, by the score for all of them."""
        found = self.search(blend.route, queries, k, allowed=allowed)
        return of_plain(found, queries, blend, self.embedding.metric)

    def open(self, watch: Watch = UNWATCHED) -> Filling:
        """Reach the collection and fill it, unless that is done."""
        with self._opening:
            if (known := self._reached) is not None:  # which a failing search may forget at any time
                return known
            with self._asking():
                made = self._filled(Filling(self.embedding, self._reach(), self._gallery), watch)
            self._reached = made
            return made

    def mend(self, watch: Watch = UNWATCHED) -> None:
        """Compare the collection with the catalog, and fill in what it lacks."""
        self._filled(self.open(), watch)

    def follow(self, database: Database, gallery: int) -> bool:
        """Take in what the catalog has changed since, or see that another process has; says whether any was."""
        before, filling = self.position, self.open()
        with self._following, self._asking():
            while self._is_behind(database, filling):
                with database.writing() as connection:
                    changes.lock(connection, gallery)
                    self._advance(connection, filling)
        return self.position > before

    def follow_in(self, connection: Connection, gallery: int) -> bool:
        """As `follow`, in a writing transaction that has the gallery's lock."""
        before = self.position
        if (filling := self._reached) is None:  # to reach it takes transactions of its own
            raise VectorsUnavailable(self._failure or "Milvus was not reached yet")
        while self._advance(connection, filling):
            pass
        return self.position > before

    def _filled(self, filling: Filling, watch: Watch) -> Filling:
        self._know(filling.fill(self._database, watch))
        return filling

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Whoever asks soon after a failure is told of it at once; who does later finds Milvus as it then is.

        It may have been restarted, and even lost what it had.
        """
        if monotonic() < self._again_at:
            raise VectorsUnavailable(self._failure)
        try:
            yield
        except VectorsUnavailable as error:
            self._failure, self._again_at, self._reached = str(error), monotonic() + PAUSE_S, None
            raise

    def _is_behind(self, database: Database, filling: Filling) -> bool:
        with database.reading() as connection:
            wanted = changes.position(connection, self._gallery)
            if self.position >= wanted:
                return False
            row = collections.get(connection, filling.index.name)
            usable = is_usable(connection, self._gallery, row)
        if usable:
            self._know(row.point)
        else:
            self._filled(filling, UNWATCHED)
        return self.position < wanted

    def _advance(self, connection: Connection, filling: Filling) -> bool:
        """Take in the next changes; says whether there were any."""
        row = collections.locked(connection, filling.index.name)
        if not is_usable(connection, self._gallery, row):
            raise VectorsUnavailable(f"the collection {row.name} is being filled anew; try again")
        found = changes.since(connection, self._gallery, row.point.position)
        if found.position == row.point.position:
            self._know(row.point)
            return False
        filling.take_in(connection, found)
        collections.advance(connection, row.name, found.point)
        self._know(found.point)
        return True

    def _know(self, point: Point) -> None:
        if point.position > self._point.position:
            self._point = point
