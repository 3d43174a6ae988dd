"""How queries and gallery vectors become scores; numpy only, the definition every index is checked against."""

import numpy as np

from models.types import F32, F64, Metric

TINY = 1e-12


def scores(queries: F32, gallery: F32, metric: Metric) -> F32:
    """Every query's score of every gallery vector, higher is better.

    Args:
        queries: [q, d].
        gallery: [n, d].

    Returns:
        [q, n]: minus the L2 distance (not squared), the cosine (0 for a zero vector) or the inner product.
        Computed in float64, so that the distance of equal vectors is 0.
    """
    left, right = queries.astype(np.float64), gallery.astype(np.float64)
    if metric is Metric.EUCLIDEAN:
        return (-np.sqrt(_squares(left, right))).astype(np.float32)
    if metric is Metric.COSINE:
        left, right = _unit(left), _unit(right)
    return (left @ right.T).astype(np.float32)


def normalised(vectors: F32) -> F32:
    """A copy [n, d] with rows of unit length; zero rows stay zero."""
    return _unit(vectors.astype(np.float64)).astype(np.float32)


def _unit(vectors: F64) -> F64:
    lengths: F64 = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, TINY)


def _squares(left: F64, right: F64) -> F64:
    squares: F64 = (left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2 * left @ right.T
    return np.maximum(squares, 0)
