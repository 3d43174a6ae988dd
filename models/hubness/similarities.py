"""Similarities of gallery items and bank queries, the same to the bit in whatever portions they are made."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np

from models.errors import InvalidInput
from models.scoring import TINY
from models.types import F32, F64, I64, Bool, Metric

ITEMS, QUERIES = 1024, 2048
"""Multiplied at once: blocks of 16 MB."""
MANY = 8
"""Times as many as can be kept: more are looked through before they are sorted, in parts of so many:"""
GROUP = 16
LONGEST = 2.0**50
"""Of a vector's parts: float32 holds the squares of their distances."""


def rounded(vectors: F32, metric: Metric) -> F32:
    """Vectors [n, d] as `similarities` takes them: to some 22 bits of their largest part, of unit length for cosines.

    Products of so few bits, and sums of `d` of them, are exact in float64: in any order, on any number of threads and
    in blocks of any size. A bias that is kept up to date thus never drifts from one that is computed anew.

    Raises:
        InvalidInput: vectors that are not finite, or too long.
    """
    if vectors.ndim != 2 or not (np.abs(vectors) < LONGEST).all():
        raise InvalidInput(f"expected finite vectors [n, d] with parts below {LONGEST:g}, found {list(vectors.shape)}")
    whole = _of_few_bits(vectors.astype(np.float64))
    if metric is Metric.COSINE:
        whole = _of_few_bits(whole / np.maximum(np.sqrt(_squares(whole)), TINY)[:, None])
    return whole.astype(np.float32)


def similarities(items: F32, queries: F32, metric: Metric) -> F32:
    """What biases are the means of, of `rounded` vectors [n, d] and [q, d]: [n, q].

    The score, but for `EUCLIDEAN` minus the *squared* distance: see `correction`.
    """
    left, right = items.astype(np.float64), queries.astype(np.float64)
    found = left @ right.T
    if metric is Metric.EUCLIDEAN:
        found = np.minimum(2 * found - (_squares(left)[:, None] + _squares(right)), 0)
    return found.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Highest:
    """The highest similarities of every item [n, k], descending, -inf where the bank has fewer; and of which queries.

    Args:
        ids: [n, k] of the bank's queries, -1 where there is none.
    """

    similarities: F32
    ids: I64

    @classmethod
    def none(cls, items: int, k: int) -> "Highest":
        """Those of an empty bank."""
        return cls(np.full((items, k), -np.inf, np.float32), np.full((items, k), -1))

    @classmethod
    def of(cls, items: F32, queries: F32, ids: I64, *, k: int, metric: Metric) -> "Highest":
        """Those of `rounded` items [n, d] and queries [q, d] under ids [q]; O(n q d), in blocks of bounded memory."""
        found = cls.none(len(items), k)
        found.merge(items, queries, ids, metric)
        return found

    def merge(self, items: F32, queries: F32, ids: I64, metric: Metric) -> Bool:
        """Take in, in place, those of more queries; says which items have others than before: [n]."""
        changed = np.zeros(len(items), np.bool_)
        for rows in _blocks(len(items), ITEMS):
            for columns in _blocks(len(queries), QUERIES):
                found = similarities(items[rows], queries[columns], metric)
                changed[rows.start + self._merge(rows, found, ids[columns])] = True
        return changed

    def first(self, k: int) -> "Highest":
        """Only the `k` highest."""
        return Highest(self.similarities[:, :k], self.ids[:, :k])

    def without(self, queries: I64) -> tuple[I64, I64, "Highest"]:
        """What is left where one of these queries [q], no two of them equal, is taken out alone.

        Returns:
            Rows of `queries` [m] and items [m] that it is among the highest of; and the k - 1 others there, [m, k - 1].
        """
        order = np.argsort(queries)
        items, places = np.nonzero(np.isin(self.ids, queries[queries >= 0]))
        rows = order[np.searchsorted(queries, self.ids[items, places], sorter=order)]
        others = np.arange(self.ids.shape[1] - 1)
        others = others + (others >= places[:, None])
        return rows, items, Highest(self.similarities[items[:, None], others], self.ids[items[:, None], others])

    def means(self) -> F64:
        """[n]: of those there are, 0 where there is none; summed in one order whatever `n`."""
        there = np.isfinite(self.similarities)
        total = reduce(np.add, np.where(there, self.similarities, 0).astype(np.float64).T)
        means: F64 = total / np.maximum(there.sum(axis=1), 1)
        return means

    def _merge(self, rows: slice, found: F32, ids: I64) -> I64:
        """Of what is held and the new similarities [n, q], the highest; which rows [m] have others: mostly few."""
        held, k = self.similarities[rows], self.similarities.shape[1]
        near = found > held[:, -1:]
        if near.sum() > MANY * k * len(found):
            near &= found >= _below_highest(found, k)
        items, columns = np.nonzero(near)
        changed, owners = np.unique(items, return_inverse=True)
        owners = np.concatenate([np.repeat(np.arange(len(changed)), k), owners])
        values = np.concatenate([held[changed].ravel(), found[items, columns]])
        of_queries = np.concatenate([self.ids[rows][changed].ravel(), ids[columns]])
        order = np.lexsort((-values, owners))
        starts = np.searchsorted(owners[order], np.arange(len(changed)))
        best = order[starts[:, None] + np.arange(k)]
        held[changed], self.ids[rows][changed] = values[best], of_queries[best]
        return changed


def _below_highest(found: F32, k: int) -> F32:
    """[n, 1] what no fewer than `k` of each row [n, q] reach: the k-th of the highest of some parts of it.

    Many times as fast as to find the k-th itself, and little lower where there are more parts than `k`.
    """
    parts = found.shape[1] // GROUP
    if parts < k:
        return np.full((len(found), 1), -np.inf, np.float32)
    highest = found[:, : parts * GROUP].reshape(len(found), GROUP, parts).max(axis=1)
    return np.partition(highest, -k, axis=1)[:, -k, None]


def _of_few_bits(vectors: F64) -> F64:
    """The nearest multiples of a power of two, one a vector, so small that 2**53 bounds the sum of all products."""
    width = max(vectors.shape[1], 1)
    bits = min((53 - (width - 1).bit_length()) // 2, 24)
    _, exponents = np.frexp(np.abs(vectors).max(axis=1, initial=0))
    unit = np.ldexp(1.0, exponents - bits)[:, None]
    whole: F64 = np.rint(vectors / unit) * unit
    return whole


def _squares(vectors: F64) -> F64:
    """[n] squared lengths."""
    squares: F64 = np.einsum("nd,nd->n", vectors, vectors)
    return squares


def _blocks(count: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, count, size))
