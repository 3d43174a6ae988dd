"""What every peer is given: vectors in clusters, held-out queries of the same kind, and the exact answer."""

from dataclasses import dataclass

import numpy as np

from models.scoring import scores
from models.types import F32, I64, Metric

DIM = 64
CLUSTERS = 1000
SPREAD = 0.6
"""Of a vector around its cluster's centre, a dimension; centres have a spread of 1."""

ROWS = 65_536
"""Of the vectors whose distances are held at once."""


@dataclass(frozen=True, slots=True)
class Task:
    """Vectors [n, 64] to be found and queries [q, 64], searched by L2 distance; the same for the same three numbers.

    A row is the sum of a centre, of which there are 1,000, and of normal noise 0.6 times as large, at unit length and
    then rounded to float16, which is what a gallery keeps of it.
    """

    vectors: int
    queries: int
    seed: int = 0

    def drawn(self) -> tuple[F32, F32]:
        """The vectors and the queries."""
        numbers = np.random.default_rng(self.seed)
        centres = numbers.standard_normal((CLUSTERS, DIM), np.float32)
        return _around(centres, self.vectors, numbers), _around(centres, self.queries, numbers)


def _around(centres: F32, count: int, numbers: np.random.Generator) -> F32:
    rows = centres[numbers.integers(0, len(centres), count)]
    rows += np.float32(SPREAD) * numbers.standard_normal(rows.shape, np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float16).astype(np.float32)


def farthest(vectors: F32, queries: F32, k: int) -> F32:
    """[q] the score of each query's k-th nearest vector, by looking at all of them in float64."""
    best = np.full((len(queries), k), -np.inf, np.float32)
    for start in range(0, len(vectors), ROWS):
        found = scores(queries, vectors[start : start + ROWS], Metric.EUCLIDEAN)
        best = np.partition(np.concatenate([best, found], axis=1), -k, axis=1)[:, -k:]
    worst: F32 = best.min(axis=1)
    return worst


def recall(answers: I64, limits: F32, *, queries: F32, vectors: F32) -> float:
    """The share of answers [q, k] that score no less than the limits [q]; of equal vectors any will do, but each once.

    Rows are as `drawn` numbers them; -1 is no answer.
    """
    near = 0
    for row, limit, query in zip(answers, limits, queries, strict=True):
        found = np.unique(row[row >= 0])
        near += int((scores(query[None], vectors[found], Metric.EUCLIDEAN) >= limit).sum())
    return near / answers.size
