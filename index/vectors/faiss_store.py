"""Exact search by FAISS: flat indexes, with ids, deletes and thread-safety of our own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import faiss
import numpy as np

from index.vectors.base import check_k, check_new_ids, check_vectors, padded
from index.vectors.gate import Gate
from models.scoring import normalised
from models.types import F32, I64, Hits, Metric

MASKED = 64
"""How many deleted rows are skipped before they are taken out: taking out costs a pass over all the vectors."""


class FaissIndex:
    """A FAISS flat index under the caller's ids: searches share it, changes have it alone."""

    def __init__(self, dim: int, metric: Metric) -> None:
        self.dim = dim
        self.metric = metric
        self._gate = Gate()
        self._flat = faiss.IndexFlatL2(dim) if metric is Metric.EUCLIDEAN else faiss.IndexFlatIP(dim)
        self._ids = np.empty(0, np.int64)  # by row; -1 where it was deleted
        self._row_of: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._row_of)

    def ids(self) -> I64:
        """The ids that are there, ascending."""
        with self._gate.reading():
            return np.sort(self._ids[self._ids >= 0])

    def add(self, ids: I64, vectors: F32) -> None:
        """Add vectors [n, dim] under new ids [n]."""
        check_vectors(vectors, self.dim)
        with self._gate.writing():
            check_new_ids(ids, len(vectors), self._row_of)
            self._flat.add(self._prepared(vectors))
            self._row_of.update(zip(ids.tolist(), range(len(self._ids), len(self._ids) + len(ids)), strict=True))
            self._ids = np.concatenate([self._ids, ids])

    def remove(self, ids: I64) -> int:
        """Forget these ids; says how many there were. They are masked at once, and taken out once they are many."""
        with self._gate.writing():
            rows = [row for each in ids.tolist() if (row := self._row_of.pop(each, None)) is not None]
            self._ids[rows] = -1
            if len(self._ids) - len(self._row_of) > MASKED:
                self._compact()
            return len(rows)

    def search(self, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """The `k` best for each of the queries [q, dim]."""
        check_vectors(queries, self.dim)
        check_k(k)
        with self._gate.reading(), _threads(len(queries)):
            masked = len(self._ids) - len(self._row_of)
            selector = self._selector(allowed) if allowed is not None else None
            distances, rows = self._search(self._prepared(queries), min(k + masked, len(self._ids)), selector)
            return _hits(np.where(rows < 0, -1, self._ids[rows]), self._scores(distances), k)

    def _search(self, queries: F32, k: int, selector: "faiss.IDSelector | None") -> tuple[F32, I64]:
        if k == 0 or len(queries) == 0:
            return np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
        parameters = None
        if selector is not None:
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # the stubs lack it
        distances, rows = self._flat.search(queries, k, params=parameters)
        return distances, rows

    def _selector(self, allowed: I64) -> "faiss.IDSelector":
        among = np.zeros(len(self._ids), dtype=np.bool_)
        among[[row for each in allowed.tolist() if (row := self._row_of.get(each)) is not None]] = True
        bitmap = np.packbits(among, bitorder="little")
        return faiss.IDSelectorBitmap(bitmap)  # type: ignore[call-arg, arg-type]  # the stubs lack arrays

    def _prepared(self, vectors: F32) -> F32:
        return normalised(vectors) if self.metric is Metric.COSINE else np.ascontiguousarray(vectors)

    def _scores(self, distances: F32) -> F32:
        return -np.sqrt(np.maximum(distances, 0)) if self.metric is Metric.EUCLIDEAN else distances

    def _compact(self) -> None:
        gone = np.flatnonzero(self._ids < 0)
        self._flat.remove_ids(faiss.IDSelectorBatch(gone))
        self._ids = self._ids[self._ids >= 0]
        self._row_of = dict(zip(self._ids.tolist(), range(len(self._ids)), strict=True))


def _hits(ids: I64, scores: F32, k: int) -> Hits:
    """The `k` best that are there, equal scores in the order of their ids."""
    scores = np.where(ids < 0, np.float32(-np.inf), scores)
    order = np.lexsort((np.where(ids < 0, np.iinfo(np.int64).max, ids), -scores), axis=1)[:, :k]
    return padded(np.take_along_axis(ids, order, axis=1), np.take_along_axis(scores, order, axis=1), k)


@contextmanager
def _threads(queries: int) -> Iterator[None]:
    """One OpenMP thread for a single query (two are three times slower), all cores for many; then as before."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1 if queries == 1 else os.cpu_count() or 1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
