"""Exact search by numpy: the oracle of the contract, and what serves where FAISS is not installed."""

from threading import Lock

import numpy as np

from index.vectors.base import check_ids, check_k, check_known, check_new_ids, check_vectors, padded
from index.vectors.contents import Contents
from index.vectors.rows import rows_of
from models.scoring import normalised, scores
from models.types import F32, I64, Hits, Metric


class ExactIndex:
    """Every query against every vector; equal scores in the order of their ids.

    Changes make new arrays and replace the pair of them at once, so that a search never waits and never sees half
    a change.
    """

    kind = "exact"

    def __init__(self, dim: int, metric: Metric, *, rows: tuple[I64, F32] | None = None) -> None:
        """Starts with rows of ascending ids [n] and vectors [n, dim], prepared for the metric; None: with nothing."""
        self.dim = dim
        self.metric = metric
        self._changing = Lock()
        self._rows: tuple[I64, F32] = rows or (np.empty(0, np.int64), np.empty((0, dim), np.float32))

    @classmethod
    def of(cls, contents: Contents) -> "ExactIndex":
        """The table of these contents, of whichever kind they were."""
        ids = np.concatenate([contents.ids[contents.live], contents.fresh_ids])
        vectors = np.concatenate([contents.vectors[contents.live], contents.fresh_vectors])
        order = np.argsort(ids)
        return cls(vectors.shape[1], contents.metric, rows=(ids[order], vectors[order]))

    def contents(self) -> Contents:
        """What a snapshot keeps."""
        ids, vectors = self._rows
        return Contents(
            kind=self.kind,
            metric=self.metric,
            ids=ids,
            vectors=vectors,
            live=np.ones(len(ids), np.bool_),
            fresh_ids=ids[:0],
            fresh_vectors=vectors[:0],
            parameters={},
        )

    def __len__(self) -> int:
        return len(self._rows[0])

    def ids(self) -> I64:
        """The ids that are there, ascending."""
        return self._rows[0]

    def vectors(self, ids: I64) -> F32:
        """Those of the ids [n], as [n, dim] in their order; of unit length where the metric is cosine."""
        known, vectors = self._rows
        rows = rows_of(ids, known)
        check_known(ids, rows >= 0)
        return vectors[rows]

    def add(self, ids: I64, vectors: F32) -> None:
        """Add vectors [n, dim] under new ids [n]."""
        check_vectors(vectors, self.dim)
        with self._changing:
            old_ids, old_vectors = self._rows
            check_new_ids(ids, len(vectors), lambda new: rows_of(new, old_ids) >= 0)
            all_ids = np.concatenate([old_ids, ids])
            order = np.argsort(all_ids)
            new = normalised(vectors) if self.metric is Metric.COSINE else vectors
            self._rows = all_ids[order], np.concatenate([old_vectors, new])[order]

    def replace(self, ids: I64, vectors: F32) -> None:
        """Give ids [n] that are there other vectors [n, dim]."""
        check_vectors(vectors, self.dim)
        check_ids(ids, len(vectors))
        with self._changing:
            known, new = self._rows[0], self._rows[1].copy()
            rows = rows_of(ids, known)
            check_known(ids, rows >= 0)
            new[rows] = normalised(vectors) if self.metric is Metric.COSINE else vectors
            self._rows = known, new

    def remove(self, ids: I64) -> int:
        """Forget these ids; says how many there were."""
        with self._changing:
            old_ids, old_vectors = self._rows
            kept = ~np.isin(old_ids, ids)
            self._rows = old_ids[kept], old_vectors[kept]
            return int((~kept).sum())

    def search(self, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """The `k` best for each of the queries [q, dim]."""
        check_vectors(queries, self.dim)
        check_k(k)
        ids, vectors = self._rows
        if allowed is not None:
            among = np.isin(ids, allowed)
            ids, vectors = ids[among], vectors[among]
        found = scores(queries, vectors, self.metric)
        best = np.argsort(-found, axis=1, kind="stable")[:, :k]
        return padded(ids[best], np.take_along_axis(found, best, axis=1), k)
