"""A vector table by FAISS: a sealed part, a fresh part, and masks over both."""

from functools import partial
from pathlib import Path
from threading import Lock

import numpy as np

from index.vectors.base import check_ids, check_k, check_known, check_new_ids, check_vectors, padded
from index.vectors.contents import Contents
from index.vectors.fresh import Fresh
from index.vectors.part import Part, empty
from index.vectors.scan import Admission, threads, threads_for
from index.vectors.structure import load, save
from models.scoring import normalised
from models.types import F32, I64, Bool, Hits, Metric

Parts = tuple[Part, Part]


class FaissIndex:
    """Vectors under the caller's ids, in two layers: a sealed part, built once, and a fresh one, of what came since.

    Changes replace the pair of parts at once, under a lock that searches do not take: a search never waits and never
    sees half a change. Scores are exact and equal ones in the order of their ids, whichever kind the sealed part is.
    """

    def __init__(self, dim: int, metric: Metric, *, sealed: Part | None = None, fresh: Part | None = None) -> None:
        self.dim = dim
        self.metric = metric
        self._changing = Lock()
        self._fresh = Fresh(fresh or empty(dim, metric))
        self._parts: Parts = sealed or empty(dim, metric), self._fresh.part

    @classmethod
    def of(cls, contents: Contents, structure: Path | None) -> "FaissIndex":
        """The table of these contents, with FAISS's file of the sealed part, if there is one."""
        live = None if contents.live.all() else Admission(contents.live)
        way = None
        if structure is not None and contents.near is not None:
            way = load(contents.kind, structure, near=contents.near, parameters=contents.parameters)
        sealed = Part(contents.ids, contents.vectors, contents.metric, live=live, structure=way)
        fresh = Part(contents.fresh_ids, contents.fresh_vectors, contents.metric)
        return cls(contents.vectors.shape[1], contents.metric, sealed=sealed, fresh=fresh)

    def contents(self) -> Contents:
        """What a snapshot keeps: removed rows stay masked in the sealed part and are left out of the fresh one."""
        sealed, fresh = self._parts
        there = fresh.live_rows
        return Contents(
            kind=self.kind,
            metric=self.metric,
            ids=sealed.ids,
            vectors=sealed.vectors,
            live=np.ones(len(sealed.ids), np.bool_) if sealed.live is None else sealed.live.mask,
            fresh_ids=fresh.ids[there],
            fresh_vectors=fresh.vectors[there],
            parameters={} if sealed.structure is None else sealed.structure.parameters,
            save_structure=None if sealed.structure is None else partial(save, sealed.structure),
            near=None if sealed.structure is None else sealed.structure.near,
        )

    @property
    def kind(self) -> str:
        """How the sealed part is searched; the fresh one is always flat."""
        structure = self._parts[0].structure
        return "flat" if structure is None else structure.kind

    @property
    def parts(self) -> Parts:
        """The sealed and the fresh part as they are now; never changed, only replaced."""
        return self._parts

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts)

    def ids(self) -> I64:
        """The ids that are there, ascending."""
        found = _ids(self._parts).view()
        found.flags.writeable = False  # it may be the table's own
        return found

    def vectors(self, ids: I64) -> F32:
        """Those of the ids [n], as [n, dim] in their order; of unit length where the metric is cosine."""
        parts = self._parts
        rows = [part.rows(ids) for part in parts]
        check_known(ids, (rows[0] >= 0) | (rows[1] >= 0))
        found = np.empty((len(ids), self.dim), np.float32)
        for part, its in zip(parts, rows, strict=True):
            found[its >= 0] = part.vectors[its[its >= 0]]
        return found

    def add(self, ids: I64, vectors: F32) -> None:
        """Add vectors [n, dim] under new ids [n]."""
        check_vectors(vectors, self.dim)
        with self._changing:
            check_new_ids(ids, len(vectors), self._known)
            self._fresh.add(ids, self._prepared(vectors))
            self._parts = self._parts[0], self._fresh.part

    def replace(self, ids: I64, vectors: F32) -> None:
        """Give ids [n] that are there other vectors [n, dim], which are fresh ones then."""
        check_vectors(vectors, self.dim)
        check_ids(ids, len(vectors))
        prepared = self._prepared(vectors)
        with self._changing:
            check_known(ids, self._known(ids))
            sealed, _ = self._take_out(ids)
            self._fresh.add(ids, prepared)
            self._parts = sealed, self._fresh.part

    def remove(self, ids: I64) -> int:
        """Forget these ids; says how many there were. No search that starts after this finds them."""
        with self._changing:
            sealed, count = self._take_out(np.unique(ids))
            self._parts = sealed, self._fresh.part
            return count

    def _take_out(self, ids: I64) -> tuple[Part, int]:
        """Take ids [n], each but once, out of the fresh part; the sealed one without them, and how many there were."""
        sealed = self._parts[0]
        rows = sealed.rows(ids)
        gone = rows[rows >= 0]
        return sealed.without(gone), len(gone) + self._fresh.remove(ids)

    def search(self, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """The `k` best for each of the queries [q, dim]."""
        check_vectors(queries, self.dim)
        check_k(k)
        parts, prepared = self._parts, self._prepared(queries)
        if allowed is not None and _all(parts, allowed):
            allowed = None
        numbers = sum(part.vectors.size for part in parts)
        with threads(threads_for(len(queries), numbers)):
            found = [part.search(prepared, k, allowed) for part in parts if len(part)]
        return _best(found, k, len(queries))

    def _known(self, ids: I64) -> Bool:
        return np.logical_or(*(part.rows(ids) >= 0 for part in self._parts))

    def _prepared(self, vectors: F32) -> F32:
        return normalised(vectors) if self.metric is Metric.COSINE else np.ascontiguousarray(vectors)


def _ids(parts: Parts) -> I64:
    sealed, fresh = parts
    if len(fresh) == 0 or len(sealed) == 0:
        return (sealed if len(sealed) else fresh).live_ids
    ids = np.concatenate([sealed.live_ids, fresh.live_ids])
    return ids if fresh.live_ids[0] > sealed.live_ids[-1] else np.sort(ids, kind="stable")  # it merges the two


def _all(parts: Parts, allowed: I64) -> bool:
    """Whether allowed are just the ids that are there, in their order: then there is nothing to filter."""
    return len(allowed) == sum(len(part) for part in parts) and np.array_equal(allowed, _ids(parts))


def _best(found: list[tuple[I64, F32]], k: int, queries: int) -> Hits:
    """The `k` best of what the parts found."""
    if not found:
        return padded(np.empty((queries, 0), np.int64), np.empty((queries, 0), np.float32), k)
    ids, scores = found[0] if len(found) == 1 else (np.concatenate(each, axis=1) for each in zip(*found, strict=True))
    query, best = np.arange(len(ids))[:, None], np.lexsort((ids, -scores))[:, :k]
    return padded(ids[query, best], scores[query, best], k)
