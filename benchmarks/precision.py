"""Average precision of every query over a full ranking, against the products and the sort it cannot do without."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.metrics import average_precision_score
from threadpoolctl import threadpool_limits

from benchmarks.contest import Contest
from models.evaluation.ranking import by_label
from models.scoring import scores
from models.types import F64, I64, Metric

DIM = 64
COUNTS: tuple[int, ...] = (
    *(2529, 711, 620, 145, 365, 5031, 64, 439, 623, 7663, 1838, 846, 1333, 1713, 541, 568),
    *(350, 58, 68, 86, 143, 566, 293),
)
"""Test clips of each seen class of AudioSetZSL: 26,593 together."""
CLOSE = 1e-4
"""Of one average precision, where two items whose distances float32 cannot tell apart change places."""


@dataclass(frozen=True, slots=True)
class Precision:
    """So many queries against as many gallery vectors, in 64 dimensions and classes as uneven as those of AudioSetZSL.

    A call ranks `queries` of them with so many threads, multiplies a quarter of these, and gives `sampled` to
    scikit-learn, which takes one; the times are those of all.
    """

    name: ClassVar[str] = "average precision"
    items: int = sum(COUNTS)
    queries: int = 8000
    sampled: int = 20
    threads: int = 1

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """By L2 distance; the product is numpy's. Memory is measured, and answers are compared, before."""
        numbers = np.random.default_rng(0)
        queries, gallery = numbers.standard_normal((2, self.items, DIM), np.float32)
        labels = numbers.permutation(np.repeat(np.arange(len(COUNTS)), COUNTS))[: self.items]

        def ranked(count: int) -> F64:
            given = {"query_labels": labels[:count], "gallery_labels": labels}
            return by_label(queries[:count], gallery, **given, metric=Metric.EUCLIDEAN, threads=self.threads)

        some = scores(queries[: self.sampled], gallery, Metric.EUCLIDEAN)
        found, peak = _traced(lambda: ranked(self.items))
        _check(found[: self.sampled], _by_scikit_learn(some, labels))
        size = f"{self.items:,} x {self.items:,}, threads: {self.threads}"
        ours = f"by_label, {size}, {peak / 2**20:.0f} MiB beyond the vectors"
        product, held_product = "the float32 product alone", "the float32 product alone, into memory it has"
        ordered = "sorting every row of scores alone"
        held = np.zeros((self.queries // 4, self.items), np.float32)
        scikit = "scikit-learn's average_precision_score in a loop"
        ways: dict[str, Callable[[], object]] = {
            ours: lambda: ranked(self.queries),
            product: lambda: queries[: len(held)] @ gallery.T,
            held_product: lambda: np.matmul(queries[: len(held)], gallery.T, out=held),
            ordered: lambda: np.sort(some, axis=1),
            scikit: lambda: _by_scikit_learn(some, labels),
        }
        work = self.queries, len(held), len(held), self.sampled, self.sampled
        with threadpool_limits(self.threads, "blas"):
            yield Contest(
                ways=ways,
                pairs=[(ours, each) for each in (product, held_product, ordered, scikit)],
                shares=dict(zip(ways, (each / self.items for each in work), strict=True)),
            )


def _by_scikit_learn(some: np.typing.NDArray[np.float32], labels: I64) -> F64:
    """Of the first queries, from their scores: [n]."""
    return np.array([average_precision_score(labels == label, row) for label, row in zip(labels, some, strict=False)])


def _traced(way: Callable[[], F64]) -> tuple[F64, int]:
    """What it returns, and the most bytes that it held at a time."""
    tracemalloc.start()
    try:
        return way(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _check(found: F64, expected: F64) -> None:
    if not np.allclose(found, expected, rtol=0, atol=CLOSE):
        raise ValueError(f"scikit-learn differs by up to {abs(found - expected).max():.1e}")
