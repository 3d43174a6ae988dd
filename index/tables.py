"""Vector tables: the vectors of one space under the ids of their windows, kept in step with the catalog."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import numpy as np

from index.catalog import changes
from index.catalog.changes import Changes, Point
from index.catalog.database import Connection
from index.embedding import Embedding, Watch
from index.vectors.base import VectorIndex
from index.vectors.building import build
from index.vectors.kinds import Device, IndexOptions, Report
from index.vectors.opening import on_device
from models.types import I64


class VectorTable:
    """An index of the windows that the catalog had at a point of a gallery's changes.

    Args:
        report: how the index was built, and how well it finds what exact search finds; None where it never was.
    """

    def __init__(self, embedding: Embedding, index: VectorIndex, *, point: Point, report: Report | None) -> None:
        self.embedding, self.index, self.report = embedding, index, report
        self._point = self._written = point
        self._following = Lock()

    @classmethod
    def built(
        cls,
        embedding: Embedding,
        connection: Connection,
        gallery: int,
        *,
        options: IndexOptions,
        watch: Watch = lambda count: None,
    ) -> "VectorTable":
        """Of all that the catalog holds now."""
        point = changes.last(connection, gallery)
        windows = embedding.windows(connection, gallery)
        vectors, queries = embedding.all_vectors(connection, windows, watch), embedding.queries(connection, gallery)
        measured_by = queries if len(queries) else None
        made = build(windows, vectors, metric=embedding.metric, queries=measured_by, options=options)
        return cls(embedding, made.index, point=point, report=made.report)

    def on(self, device: Device) -> "VectorTable":
        """The table as it is searched on a device; a GPU has its own copy, which follows."""
        self.index = on_device(self.index, device)
        return self

    @property
    def position(self) -> int:
        """The last change of the catalog that is in the index."""
        return self._point.position

    @property
    def point(self) -> Point:
        """Where that is in the catalog's history."""
        return self._point

    @property
    def unwritten(self) -> int:
        """How many changes came since it was built, read or written."""
        return self._point.position - self._written.position

    @contextmanager
    def written(self) -> Iterator[Point]:
        """The point, which does not change in the block; with its end the table is on the disk as of then."""
        with self._following:
            yield self._point
            self._written = self._point

    def follow(self, connection: Connection, gallery: int) -> bool:
        """Take in what the catalog has changed since; says whether it has. A failure leaves the index as it was."""
        before = self.position
        with self._following:
            while (found := changes.since(connection, gallery, self.position)).position > self.position:
                added = self.embedding.windows(connection, gallery, among=self._missing(found))
                new = list(self.embedding.vectors(connection, added))
                self.index.remove(found.removed)
                for ids, vectors in new:
                    self.index.add(ids, vectors)
                self._point = found.point
        return self.position > before

    def _missing(self, found: Changes) -> I64:
        """What may have a vector now and has none yet; a window that has one keeps it, as its features stay."""
        if not len(found.changed):
            return found.added
        return np.concatenate([found.added, np.setdiff1d(found.changed, self.index.ids())])
