"""Vector tables: the vectors of one space under the ids of their windows, kept in step with the catalog."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from index.catalog import changes
from index.catalog.database import Connection
from index.embedding import Embedding
from index.vectors.base import VectorIndex
from index.vectors.building import build
from index.vectors.kinds import IndexOptions, Report


class VectorTable:
    """An index of the windows that the catalog had at a position of a gallery's changes.

    Args:
        report: how the index was built, and how well it finds what exact search finds; None where it never was.
    """

    def __init__(self, embedding: Embedding, index: VectorIndex, *, position: int, report: Report | None) -> None:
        self.embedding, self.index, self.report = embedding, index, report
        self._position = self._written = position
        self._following = Lock()

    @classmethod
    def built(
        cls, embedding: Embedding, connection: Connection, gallery: int, *, options: IndexOptions
    ) -> "VectorTable":
        """Of all that the catalog holds now."""
        position = changes.position(connection, gallery)
        windows = embedding.windows(connection, gallery)
        vectors, queries = embedding.all_vectors(connection, windows), embedding.queries(connection, gallery)
        made = build(windows, vectors, metric=embedding.metric, queries=queries, options=options)
        return cls(embedding, made.index, position=position, report=made.report)

    @property
    def position(self) -> int:
        """The last change of the catalog that is in the index."""
        return self._position

    @property
    def unwritten(self) -> int:
        """How many changes came since it was built or read."""
        return self._position - self._written

    @contextmanager
    def held(self) -> Iterator[int]:
        """The position, which does not change in the block."""
        with self._following:
            yield self._position

    def follow(self, connection: Connection, gallery: int) -> bool:
        """Take in what the catalog has changed since; says whether it has. A failure leaves the index as it was."""
        before = self._position
        with self._following:
            while (found := changes.since(connection, gallery, self._position)).position > self._position:
                added = self.embedding.windows(connection, gallery, among=found.added)
                new = list(self.embedding.vectors(connection, added))
                self.index.remove(found.removed)
                for ids, vectors in new:
                    self.index.add(ids, vectors)
                self._position = found.position
        return self._position > before
