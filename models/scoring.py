"""How queries and gallery vectors become scores; numpy only, the definition every index is checked against."""

import numpy as np

from models.types import F32, F64, Metric

TINY = 1e-12
ROWS = 512
"""Of queries whose distances are made at once: what the processor's cache holds."""


def scores(queries: F32, gallery: F32, metric: Metric) -> F32:
    """Every query's score of every gallery vector, higher is better.

    Args:
        queries: [q, d].
        gallery: [n, d].

    Returns:
        [q, n]: minus the L2 distance (not squared), the cosine (0 for a zero vector) or the inner product.
        Computed in float64, at some 1.5 times the cost: float32 would leave 3e-4 of its length as the distance of a
        vector from itself, and order equal vectors by how their products happen to round.
    """
    if metric is Metric.EUCLIDEAN:
        return _minus_distances(queries, gallery)
    left, right = queries.astype(np.float64), gallery.astype(np.float64)
    if metric is Metric.COSINE:
        left, right = _unit(left), _unit(right)
    return (left @ right.T).astype(np.float32)


def normalised(vectors: F32) -> F32:
    """A copy [n, d] with rows of unit length; zero rows stay zero."""
    return _unit(vectors.astype(np.float64)).astype(np.float32)


def _unit(vectors: F64) -> F64:
    lengths: F64 = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, TINY)


def _minus_distances(queries: F32, gallery: F32) -> F32:
    """[q, n], the squares |q|^2 + |g|^2 - 2 q.g all from the product, a few rows at a time."""
    left, right = np.ones((len(queries), queries.shape[1] + 2)), np.ones((gallery.shape[1] + 2, len(gallery)))
    left[:, :-2], right[:-2] = queries, gallery.T
    left[:, -2] = np.einsum("qd,qd->q", left[:, :-2], left[:, :-2])
    right[-1] = np.einsum("dn,dn->n", right[:-2], right[:-2])
    right[:-2] *= -2
    found = np.empty((len(queries), len(gallery)), np.float32)
    for start in range(0, len(found), ROWS):
        rows = found[start : start + ROWS]
        np.maximum(left[start : start + ROWS] @ right, 0, out=rows, casting="same_kind")
        np.negative(np.sqrt(rows, out=rows), out=rows)
    return found
