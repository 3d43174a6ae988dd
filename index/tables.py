"""Vector tables: the vectors of one space under the ids of their windows, kept in step with the catalog."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Protocol

import numpy as np

from index.biasing import Biasing
from index.blending import Blend, of_plain
from index.catalog import changes
from index.catalog.changes import Changes, Point
from index.catalog.database import Connection, Database
from index.corrections import NONE, Corrections
from index.embedding import Embedding
from index.vectors.base import VectorIndex
from index.vectors.building import build
from index.vectors.kinds import EXACT, IndexOptions, Near, Report
from index.vectors.opening import on_device
from index.watching import UNWATCHED, Watch
from models.features.running import Device
from models.types import F32, I64, Hits, Metric

LIGHT = 3_000_000
"""Multiplications that take a core 0.2 ms; to hand work to a thread and back takes as long, where others want cores."""


class Table(Protocol):
    """The vectors of one space of a generation, wherever they lie, as of a point of a gallery's changes.

    `report` says how they were indexed, and how well that finds what exact search finds; None where it was not
    measured. `follow` takes in what the catalog has changed since, and says whether it has; `follow_in` does so in a
    writing transaction that has the gallery's lock. A failure leaves the table at the point where it was, from which
    the next one goes on. `is_light` says whether so many queries are compared in less time than it takes to have
    another thread do it.
    """

    embedding: Embedding
    report: Report | None

    @property
    def kind(self) -> str: ...
    @property
    def position(self) -> int: ...
    def is_light(self, queries: int) -> bool: ...
    def search(self, route: str, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits: ...
    def search_blend(self, blend: Blend, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits: ...
    def ids(self) -> I64: ...
    def vectors(self, ids: I64) -> F32: ...
    def follow(self, database: Database, gallery: int) -> bool: ...
    def follow_in(self, connection: Connection, gallery: int) -> bool: ...
    def __len__(self) -> int: ...


class VectorTable:
    """The vectors in this process: an index of the windows that the catalog had at a point of a gallery's changes.

    Args:
        report: how the index was built; None where it never was.
        biasing: what the vectors in the index are with their biases, None where no route is corrected.
    """

    def __init__(
        self,
        embedding: Embedding,
        index: VectorIndex,
        *,
        point: Point,
        report: Report | None,
        biasing: Biasing | None = None,
    ) -> None:
        self.embedding, self.index, self.report, self.biasing = embedding, index, report, biasing
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
        corrections: Corrections = NONE,
        watch: Watch = UNWATCHED,
    ) -> "VectorTable":
        """Of all that the catalog holds now."""
        point = changes.last(connection, gallery)
        windows = embedding.windows(connection, gallery)
        vectors, queries = embedding.all_vectors(connection, windows, watch), embedding.queries(connection, gallery)
        biasing = Biasing.empty(embedding, corrections)
        if biasing is not None:
            biasing.fill(connection, gallery, windows=windows, vectors=vectors, watch=watch)
            vectors = biasing.stored(windows, vectors)
            queries = {route: biasing.asked(route, each) for route, each in queries.items()}
        asked = np.concatenate([np.empty((0, vectors.shape[1]), np.float32), *queries.values()])
        made = build(
            windows,
            vectors,
            metric=embedding.metric if biasing is None else Metric.INNER,
            queries=asked if len(asked) else None,
            options=options,
            near=Near(dim=embedding.dim, metric=embedding.metric),
            watch=watch.stage,
        )
        return cls(embedding, made.index, point=point, report=made.report, biasing=biasing)

    def on(self, device: Device) -> "VectorTable":
        """The table as it is searched on a device; a GPU has its own copy, which follows."""
        self.index = on_device(self.index, device)
        return self

    @property
    def kind(self) -> str:
        """How it is searched."""
        return self.index.kind

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

    def is_light(self, queries: int) -> bool:
        """Where every vector is looked at, in this process, and there are few."""
        return self.kind in EXACT and queries * len(self) * self.embedding.dim <= LIGHT

    def __len__(self) -> int:
        return len(self.index)

    def ids(self) -> I64:
        """The windows that have a vector, ascending."""
        return self.index.ids()

    def vectors(self, ids: I64) -> F32:
        """[n, dim] of windows [n], without biases; of unit length where the metric is cosine."""
        found = self.stored(ids)
        return found if self.biasing is None else self.biasing.plain(found)

    def stored(self, ids: I64) -> F32:
        """[n, width] what the index has of windows [n], with their biases if there are any."""
        return self.index.vectors(ids)

    def search(self, route: str, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """The `k` best for each query vector [q, dim] of a route to this space, by its scores as they are corrected."""
        if self.biasing is None:
            return self.index.search(queries, k, allowed=allowed)
        found = self.index.search(self.biasing.asked(route, queries), k, allowed=allowed)
        return self.biasing.hits(found, queries)

    def search_blend(self, blend: Blend, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """The `k` best for each vector [q, dim] that is such a sum of queries, by the score for all of them."""
        metric = self.embedding.metric
        if self.biasing is None:
            return of_plain(self.index.search(queries, k, allowed=allowed), queries, blend, metric)
        found = self.index.search(self.biasing.asked_blend(blend, queries), k, allowed=allowed)
        return Hits(found.ids, blend.scores(self.biasing.hits(found, queries).scores, metric))

    @contextmanager
    def written(self) -> Iterator[Point]:
        """The point, which does not change in the block; with its end the table is on the disk as of then."""
        with self._following:
            yield self._point
            self._written = self._point

    def follow(self, database: Database, gallery: int) -> bool:
        """Take in what the catalog has changed since; says whether it has."""
        with database.reading() as connection:
            return self.follow_in(connection, gallery)

    def follow_in(self, connection: Connection, gallery: int) -> bool:
        """As `follow`, in a transaction that there is already."""
        before = self.position
        with self._following:
            while (found := changes.since(connection, gallery, self.position)).position > self.position:
                self._take_in(connection, gallery, found)
                self._point = found.point
        return self.position > before

    def _take_in(self, connection: Connection, gallery: int, found: Changes) -> None:
        """What is refused is refused before the first change; what fails later, the next time makes good."""
        windows = self.embedding.windows(connection, gallery, among=self._missing(found))
        vectors = self.embedding.all_vectors(connection, windows)
        if self.biasing is None:
            self.index.remove(found.removed)
            self.index.add(windows, vectors)
            return
        among = np.union1d(found.added, found.changed)
        self.biasing.mend(self.index, connection, gallery)
        coming = self.biasing.coming(connection, gallery, among=among, new=windows, vectors=vectors)
        self.biasing.change(self.index, coming, gone=found.removed, new=windows, vectors=vectors)

    def _missing(self, found: Changes) -> I64:
        """What may have a vector now and has none yet; a window that has one keeps it, as its features stay."""
        if not len(found.changed):
            return found.added
        return np.concatenate([found.added, np.setdiff1d(found.changed, self.index.ids())])
