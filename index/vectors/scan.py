"""FAISS's bare functions over arrays of ours, without an index of theirs: exact search, scores, selectors, threads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import faiss
import numpy as np

from models.types import F32, I64, Bool, Metric

bare: Any = faiss
"""FAISS's own names, of which its type stubs lack these."""

SPARSE = 0.5
"""Below this share of the rows, visiting them one by one is faster than a scan that asks a bitmap about each row.

Measured on 1,000,000 x 64, one thread: of 10 % 5 ms against 12 ms, of 50 % 19 against 21, of 90 % 13 against 8.5.
"""

LITTLE = 50_000_000
"""Multiplications that are not worth a second thread: they take 3 ms.

A search that has more threads waits for the slowest of them, spinning; other searches side by side need the cores.
"""


class Admission:
    """The rows that a search may find, as a mask [n]; its selectors are made once."""

    def __init__(self, mask: Bool) -> None:
        self.mask = mask
        self.count = int(np.count_nonzero(mask))

    @property
    def share(self) -> float:
        """The share of the rows that is admitted, 0 to 1."""
        return self.count / len(self.mask)

    @cached_property
    def bitmap(self) -> Any:
        """A selector (IDSelector) that says of any row at once whether it is admitted."""
        bits = np.packbits(self.mask, bitorder="little")
        return bare.IDSelectorBitmap(bits)

    @cached_property
    def quickest(self) -> Any:
        """The selector (IDSelector) that an exact search is fastest with."""
        if self.share >= SPARSE:
            return self.bitmap
        return bare.IDSelectorArray(np.flatnonzero(self.mask))


def nearest(queries: F32, vectors: F32, k: int, *, metric: Metric, admitted: Admission | None = None) -> I64:
    """The rows [q, k] of the nearest vectors [n, d] to each query, all of them looked at; -1 pads.

    Cosine expects unit lengths, of queries too.
    """
    distances, rows = np.empty((len(queries), k), np.float32), np.empty((len(queries), k), np.int64)
    selector = None if admitted is None else admitted.quickest
    given = (*_pointers(queries, vectors), vectors.shape[1], len(queries), len(vectors), k)
    if metric is Metric.EUCLIDEAN:
        bare.knn_L2sqr(*given, *_pointers(distances, rows), None, selector)
    else:
        bare.knn_inner_product(*given, *_pointers(distances, rows), selector)
    return rows


def scores_of(queries: F32, vectors: F32, rows: I64, metric: Metric) -> F32:
    """Each query's scores of its own rows [q, c] of the vectors [n, d], one pair at a time; -inf where the row is -1.

    The same two vectors give the same score to the last bit, wherever they lie and however they were found.
    """
    found = np.empty(rows.shape, np.float32)
    given = (*_pointers(found, queries, vectors, rows), vectors.shape[1], *rows.shape)
    if metric is not Metric.EUCLIDEAN:
        bare.fvec_inner_products_by_idx(*given)
        return found
    bare.fvec_L2sqr_by_idx(*given)
    return np.negative(np.sqrt(found, out=found), out=found)


def threads_for(queries: int, numbers: int) -> int:
    """OpenMP threads for so many queries against so many numbers: one for a single query or little work, else all.

    Two threads for one query are three times slower than one, and waiting for each other they burn what others need.
    """
    return 1 if queries == 1 or queries * numbers < LITTLE else os.cpu_count() or 1


@contextmanager
def threads(number: int) -> Iterator[None]:
    """This many OpenMP threads, then as before.

    OpenMP keeps this number for each thread of ours, so that searches side by side do not change each other's.
    """
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(number)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _pointers(*arrays: F32 | I64) -> tuple[object, ...]:
    return tuple(faiss.swig_ptr(each) for each in arrays)
