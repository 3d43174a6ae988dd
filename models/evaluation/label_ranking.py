"""Galleries ranked in full for every query, the items of its own label being the relevant ones."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from models.evaluation.remoteness import Remoteness
from models.types import F32, F64, I64, Metric

BLOCK_BYTES = 2**25
"""Of the products that a thread makes at once, 300 queries with 28,000 gallery items: few enough to stay in the
processor's farther cache, enough for BLAS, which lays out the whole gallery anew for each."""
FEW = 8
"""Queries whose rows are ordered together: what the processor's nearer cache holds."""
ALONE = Lock()
"""One ranking at a time: it takes all cores that it is given, and BLAS's threads are a setting of the whole process."""
NEVER = np.uint32(2**32 - 2)
"""The key of an item that is left out: after all others, and not relevant."""


@dataclass(frozen=True, slots=True)
class LabelRanking:
    """What is ranked: the gallery ordered by label, so that each query's relevant items are neighbours.

    Args:
        remoteness: of each query and each distinct vector of the gallery.
        columns: [g] which of these vectors each item has, None where no two are equal.
        first: [q] where the items of each query's label begin, `after` [q] where they have ended.
        own: [q] the item that is left out, -1 for none.
    """

    remoteness: Remoteness
    columns: I64 | None
    first: I64
    after: I64
    own: I64

    @classmethod
    def of(
        cls, queries: F32, gallery: F32, *, query_labels: I64, gallery_labels: I64, metric: Metric, own: I64 | None
    ) -> "LabelRanking":
        """Of queries [q, d] and a gallery [g, d] in any order; arguments as of `ranking.by_label`."""
        order = np.argsort(gallery_labels, kind="stable")
        labels, places = gallery_labels[order], np.append(np.argsort(order), -1)
        remoteness, columns = _of_distinct(Remoteness.of(queries, gallery[order], metric))
        first, after = (np.searchsorted(labels, query_labels, side) for side in ("left", "right"))
        left_out = np.full(len(queries), -1) if own is None else places[own]
        return cls(remoteness, columns, first, after, own=left_out)

    def average_precisions(self, threads: int) -> F64:
        """[q]; NaN where nothing is relevant. Each thread multiplies and orders queries of its own.

        BLAS takes one thread meanwhile: more would wait for each other's products, busy, while others sort.
        """
        parts = np.array_split(np.arange(len(self.own)), threads)
        with ALONE, _libraries().limit(limits=1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
            return np.concatenate(list(pool.map(self._of_queries, parts)))

    def _of_queries(self, queries: I64) -> F64:
        gallery, found = self.remoteness.gallery, np.empty(len(queries))
        at_once = max(BLOCK_BYTES // max(4 * gallery.shape[1], 1), 1)
        block = np.empty((min(at_once, len(queries)), gallery.shape[1]), np.float32)
        for start in range(0, len(queries), at_once):
            rows = queries[start : start + at_once]
            remote = np.matmul(self.remoteness.queries[rows], gallery, out=block[: len(rows)])
            found[start : start + at_once] = self._of_rows(remote, rows)
        return found

    def _of_rows(self, remote: F32, queries: I64) -> F64:
        parts = [slice(start, start + FEW) for start in range(0, len(queries), FEW)]
        return np.array([each for part in parts for each in self._of_few(remote[part], queries[part])])

    def _of_few(self, remote: F32, queries: I64) -> list[float]:
        """From remotenesses [n, g], which become keys: their bits as an unsigned integer, and whether relevant."""
        self.remoteness.refine(remote, queries)
        rows = remote if self.columns is None else remote.take(self.columns, axis=1)
        keys = rows.view(np.uint32)
        keys <<= 1
        for row, query in enumerate(queries.tolist()):
            keys[row, self.first[query] : self.after[query]] |= 1
            if (own := self.own[query]) >= 0:
                keys[row, own] = NEVER
        keys.sort(axis=1)
        relevant = (keys.astype(np.uint8) & 1).view(np.bool_)
        return [_precision(each.nonzero()[0], row) for each, row in zip(relevant, keys, strict=True)]


@cache
def _libraries() -> ThreadpoolController:
    """Those that multiply; to find them takes milliseconds."""
    return ThreadpoolController()


@cache
def _numbers_up_to(count: int) -> F64:
    """From one."""
    return np.arange(1.0, count + 1)


def _precision(places: I64, ordered: NDArray[np.uint32]) -> float:
    """The average precision of relevant items at these places, each behind all others that equal it.

    Their keys are the larger among those of equal remoteness, so only other relevant ones can follow.
    """
    if not len(places):
        return float("nan")
    numbers, found = _numbers_up_to(len(ordered)), ordered.take(places)
    precisions = numbers[: len(places)] / numbers.take(places)
    if (tied := found[1:] == found[:-1]).any():
        precisions[:-1][tied] = precisions[np.searchsorted(found, found[:-1][tied], side="right") - 1]
    return float(precisions.sum()) / len(places)


def _of_distinct(remoteness: Remoteness) -> tuple[Remoteness, I64 | None]:
    """That of the distinct vectors of a gallery, and which of them each is; None where all are.

    A product may round differently in different columns: equal vectors would not tie.
    """
    items = np.ascontiguousarray(remoteness.gallery.T) + np.float32(0)  # of zeros only the positive
    as_bytes = items.view(f"V{items.shape[1] * items.itemsize}").ravel()
    _, distinct, columns = np.unique(as_bytes, return_index=True, return_inverse=True)
    if len(distinct) == len(items):
        return remoteness, None
    return replace(remoteness, gallery=remoteness.gallery[:, distinct]), columns
