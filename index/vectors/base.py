"""The port that every vector index implements, and what all of them refuse."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from models.errors import Conflict, InvalidInput
from models.types import F32, I64, Bool, Hits, Metric


class VectorIndex(Protocol):
    """Vectors under the caller's ids, searched by `metric`; safe to use from several threads.

    `kind` is the name of how it searches: "exact", "flat", "hnsw", "ivfpq", "milvus" ... `add` refuses (and then adds
    nothing of) ids that are there already (Conflict), and vectors of another width or that are not finite
    (InvalidInput). `replace` gives ids that are there, in any order, other vectors: a search that starts after it
    returned sees all of them, and none sees some; it refuses (and then changes nothing) ids that are not there
    (InvalidInput) or are given twice (Conflict), and the vectors that `add` refuses. `remove` says how many of the ids
    were there; none of them is found once it returned. `search` gives exactly `k` columns, padded with the id -1 and
    the score -inf where fewer are found; with `allowed` (ids in any order, unknown ones do no harm) it looks at these
    ids only. `ids` are ascending. `vectors` are those of the ids [n, dim] in their order, as they were given but of
    unit length where the metric is cosine; it refuses ids that are not there (InvalidInput).
    """

    dim: int
    metric: Metric

    @property
    def kind(self) -> str: ...
    def add(self, ids: I64, vectors: F32) -> None: ...
    def replace(self, ids: I64, vectors: F32) -> None: ...
    def remove(self, ids: I64) -> int: ...
    def search(self, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits: ...
    def ids(self) -> I64: ...
    def vectors(self, ids: I64) -> F32: ...
    def __len__(self) -> int: ...


def check_vectors(vectors: F32, dim: int) -> None:
    """Refuse what is not float32 [n, dim] and finite."""
    if vectors.ndim != 2 or vectors.shape[1] != dim or vectors.dtype != np.float32:
        raise InvalidInput(f"vectors must be float32 [n, {dim}], found {vectors.dtype} {list(vectors.shape)}")
    if not np.isfinite(vectors).all():
        raise InvalidInput("vectors must be finite, found NaN or infinity")


def check_k(k: int) -> None:
    """Refuse a `k` below 1."""
    if k < 1:
        raise InvalidInput(f"k must be at least 1, found {k}")


def check_ids(ids: I64, count: int) -> None:
    """Refuse ids [n] that are negative, there twice or not as many as the vectors, which are so many."""
    if ids.dtype != np.int64 or ids.shape != (count,):
        raise InvalidInput(f"ids must be int64 [{count}], one a vector; found {ids.dtype} {list(ids.shape)}")
    if len(ids) and ids.min() < 0:
        raise InvalidInput(f"ids must not be negative, found {ids.min()}")
    if len(np.unique(ids)) < len(ids):
        raise Conflict("the same id is there twice among those of the vectors")


def check_new_ids(ids: I64, count: int, known: Callable[[I64], Bool]) -> None:
    """Refuse ids that are negative, there twice, known already or not as many as the vectors.

    Args:
        ids: [n].
        count: of the vectors.
        known: says which of ids [n] have a vector.
    """
    check_ids(ids, count)
    if len(taken := ids[known(ids)]):
        raise Conflict(f"there is a vector with the id {taken[0]} already")


def check_known(ids: I64, known: Bool) -> None:
    """Refuse ids [n] of which some are not known [n]."""
    if len(missing := ids[~known]):
        raise InvalidInput(f"there is no vector with the id {missing[0]}, nor for {len(missing) - 1} more of these ids")


def padded(ids: I64, scores: F32, k: int) -> Hits:
    """Hits of exactly `k` columns: [q, up to k] filled up with the id -1 and the score -inf."""
    if ids.shape[1] == k:
        return Hits(ids, scores)
    missing = ((0, 0), (0, k - ids.shape[1]))
    return Hits(np.pad(ids, missing, constant_values=-1), np.pad(scores, missing, constant_values=-np.inf))
