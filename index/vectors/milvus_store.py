"""Vector tables in Milvus, one collection each."""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock

import numpy as np

from index.vectors.base import check_ids, check_k, check_known, check_new_ids, check_vectors
from index.vectors.milvus_address import Address
from index.vectors.milvus_collection import Kind, MilvusCollection
from index.vectors.paging import best, slices
from index.vectors.rows import rows_of
from models.errors import InvalidInput, Unavailable
from models.scoring import normalised, scores
from models.types import F32, I64, Bool, Hits, Metric

MESSAGE_BYTES = 16 << 20
"""Of the vectors in one message: a quarter of what gRPC lets through to a server, since texts and ids come on top."""
MOST_IDS = 10_000
"""In one filter or page; Milvus gives at most 16,384 rows."""
MOST_HITS = 16_384
"""The largest k Milvus answers."""
SPARE = 16
"""Hits beyond `k` that are asked for: of equal ones at the limit the lowest ids are to be kept."""
FEW = 1_000
"""Up to so many allowed ids their vectors are fetched and scored here: exact, where a filtered graph is not."""


class MilvusIndex:
    """A Milvus collection under the caller's ids, read at Milvus' strong consistency: what was acknowledged is found.

    It is made where it is not there. Equal scores come in the order of their ids; of more than `SPARE` equal ones at
    the limit Milvus keeps any. Adding first looks for the ids, since Milvus refuses none: only one process may write
    to a collection at a time (as the catalog sees to), or another could add the same id in between. Whatever is asked
    of a Milvus that does not answer raises VectorsUnavailable.
    """

    def __init__(self, dim: int, metric: Metric, *, name: str, address: Address, kind: Kind | None = None) -> None:
        """Open it or make it.

        Raises InvalidInput for a bad name, SpaceMismatch where the collection is of another width or metric.
        """
        self.dim = dim
        self.metric = metric
        self.name = name
        self._collection = MilvusCollection(dim, metric, name=name, address=address, kind=kind)
        self._adding = Lock()

    @property
    def kind(self) -> str:
        """milvus-autoindex, milvus-hnsw or milvus-flat."""
        return f"milvus-{self._collection.kind}"

    @property
    def deepest(self) -> int:
        """The largest k of a search."""
        return MOST_HITS

    def __len__(self) -> int:
        return self._collection.count()

    def ids(self) -> I64:
        """The ids that are there, ascending."""
        return np.sort(np.array(self._collection.ids(MOST_IDS), np.int64))

    def vectors(self, ids: I64) -> F32:
        """Those of the ids [n], as [n, dim] in their order; of unit length where the metric is cosine."""
        there, vectors = self._fetched(np.unique(ids))
        rows = rows_of(ids, there)
        check_known(ids, rows >= 0)
        return vectors[rows]

    def add(self, ids: I64, vectors: F32) -> None:
        """Add vectors [n, dim] under new ids [n]; where Milvus fails halfway, what went in is taken out again."""
        check_vectors(vectors, self.dim)
        with self._adding:
            check_new_ids(ids, len(vectors), self.known)
            try:
                self._sent(ids, vectors, self._collection.insert)
            except Unavailable:
                with suppress(Unavailable):
                    self.discard(ids)
                raise

    def replace(self, ids: I64, vectors: F32) -> None:
        """Give ids [n] that are there other vectors [n, dim].

        Milvus changes one message at a time: a search meanwhile may see some of many replaced and others not yet, and
        where Milvus fails halfway, so it stays until this is done again.
        """
        check_vectors(vectors, self.dim)
        check_ids(ids, len(vectors))
        with self._adding:
            check_known(ids, self.known(ids))
            self.put(ids, vectors)

    def put(self, ids: I64, vectors: F32) -> None:
        """Vectors [n, dim] under ids [n], whether they are there or not: to do it again does no harm."""
        check_vectors(vectors, self.dim)
        check_ids(ids, len(vectors))
        self._sent(ids, vectors, self._collection.upsert)

    def discard(self, ids: I64) -> None:
        """Forget these ids, whether they are there or not."""
        for part in slices(len(ids), MOST_IDS):
            self._collection.delete(ids[part])

    def known(self, ids: I64) -> Bool:
        """Which of the ids [n] have a vector."""
        found = [each for part in slices(len(ids), MOST_IDS) for each in self._collection.known(ids[part])]
        return np.isin(ids, np.array(found, np.int64))

    def remove(self, ids: I64) -> int:
        """Forget these ids; says how many there were."""
        with self._adding:
            there = np.unique(ids)
            there = there[self.known(there)]
            self.discard(there)
            return len(there)

    def search(self, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """The `k` best for each of the queries [q, dim]; InvalidInput for a k beyond what Milvus gives."""
        check_vectors(queries, self.dim)
        check_k(k)
        if allowed is not None:
            return self._among(queries, k, np.unique(allowed))
        if k > self.deepest and len(self) > self.deepest:
            raise InvalidInput(f"Milvus finds at most {self.deepest} at a time, found k = {k}")
        return best([self._search(queries, k)], k)

    def drop(self) -> None:
        """Delete the collection and all in it; the index is of no use afterwards."""
        self._collection.drop()

    def clear(self) -> None:
        """Forget everything, whatever lies under the collection's name."""
        self._collection.clear()

    def close(self) -> None:
        """Let go of the connection."""
        self._collection.close()

    def _sent(self, ids: I64, vectors: F32, send: Callable[[I64, F32], None]) -> None:
        """In messages that Milvus takes; of unit length where the metric is cosine."""
        stored = normalised(vectors) if self.metric is Metric.COSINE else vectors
        for part in slices(len(ids), self._rows_a_message()):
            send(ids[part], stored[part])

    def _fetched(self, ids: I64) -> tuple[I64, F32]:
        """Those of the ids [n] that are there, ascending, and their vectors."""
        found: dict[int, F32] = {}
        for part in slices(len(ids), self._rows_a_message()):
            found |= self._collection.vectors(ids[part])
        there = np.array(sorted(found), np.int64)
        return there, np.array([found[each] for each in there.tolist()], np.float32).reshape(len(there), self.dim)

    def _among(self, queries: F32, k: int, allowed: I64) -> Hits:
        if len(allowed) <= FEW or k > MOST_HITS:
            there, vectors = self._fetched(allowed)
            found = scores(queries, vectors, self.metric)
            return best([(np.broadcast_to(there, found.shape), found)], k)
        parts = slices(len(allowed), MOST_IDS)
        return best([self._search(queries, k, allowed[part]) for part in parts], k)

    def _search(self, queries: F32, k: int, allowed: I64 | None = None) -> tuple[I64, F32]:
        """Ids and scores [q, k or more], -1 and -inf where there are fewer."""
        k = min(k + SPARE, MOST_HITS)
        ids, found = np.full((len(queries), k), -1, np.int64), np.full((len(queries), k), -np.inf, np.float32)
        prepared = normalised(queries) if self.metric is Metric.COSINE else queries
        for part in slices(len(queries), max(1, min(self._rows_a_message(), 200_000 // k))):
            for row, (there, near) in enumerate(self._collection.search(prepared[part], k, allowed), part.start):
                ids[row, : len(there)], found[row, : len(near)] = there, near
        return ids, found

    def _rows_a_message(self) -> int:
        return max(1, min(MOST_IDS, MESSAGE_BYTES // (4 * self.dim)))
