"""Biases as further dimensions of vectors: one table and one inner product for every route, corrected or not.

A gallery vector ends in minus its bias, one a corrected route; a query has 1 in that of its own route and 0 in those of
others. What is stored of `g`, and asked of `q`, with `b` the bias of the route:

    INNER       [g, -b]                    [q, 1]            product: q.g - b
    COSINE      [g / |g|, -b]              [q / |q|, 1]      product: cos - b
    EUCLIDEAN   [g, -b / 2, -|g|^2 / 2]    [q, 1, 1]         product: (|q|^2 - |q - g|^2 - b) / 2

Float32 products of distances lose digits where vectors are much longer than they are apart, some 3e-4 of the length for
a vector and itself. Where that matters, score the few hits again, by `corrected(scores(…), biases, metric)`.
"""

import numpy as np

from models.hubness.correction import minus_roots
from models.scoring import normalised
from models.types import F32, F64, Metric


def augmented_dim(dim: int, *, routes: int, metric: Metric) -> int:
    """How wide vectors of so many dimensions are with the biases of so many routes."""
    return dim + routes + (metric is Metric.EUCLIDEAN)


def augment_gallery(vectors: F32, biases_by_route: F32, metric: Metric) -> F32:
    """The vectors to store: [n, augmented_dim].

    Args:
        vectors: [n, d].
        biases_by_route: [r, n], r being 0 where no route is corrected.
    """
    if metric is not Metric.EUCLIDEAN:
        kept = normalised(vectors) if metric is Metric.COSINE else vectors
        return np.hstack([kept, -biases_by_route.T]).astype(np.float32)
    squares = _squares(vectors)[:, None]
    return np.hstack([vectors, -biases_by_route.T / 2, -squares / 2]).astype(np.float32)


def with_biases(stored: F32, biases_by_route: F32, metric: Metric) -> F32:
    """Stored vectors [n, augmented_dim] with other biases [r, n]; all else stays to the bit."""
    changed = stored.copy()
    start = stored.shape[1] - len(biases_by_route) - (metric is Metric.EUCLIDEAN)
    factor = np.float32(0.5 if metric is Metric.EUCLIDEAN else 1)
    changed[:, start : start + len(biases_by_route)] = -biases_by_route.T * factor
    return changed


def augment_query(queries: F32, route: int | None, *, routes: int, metric: Metric) -> F32:
    """The vectors to ask with: [q, augmented_dim].

    Args:
        queries: [q, d].
        route: the row of its biases in `augment_gallery`; None for a route that is not corrected.
        routes: how many rows there are.
    """
    if route is not None and not 0 <= route < routes:
        raise ValueError(f"found route {route}, expected one of {routes}")
    shares = np.zeros(routes, np.float32)
    if route is not None:
        shares[route] = 1
    return augment_blend(normalised(queries) if metric is Metric.COSINE else queries, shares, metric)


def augment_blend(queries: F32, shares: F32, metric: Metric) -> F32:
    """The vectors to ask with where each is a sum of queries by several routes.

    Args:
        queries: [q, d]; for `COSINE` sums of queries of unit length, for `EUCLIDEAN` their means.
        shares: [r] how often the biases of each route are taken off.
    """
    ends = np.zeros((len(queries), augmented_dim(0, routes=len(shares), metric=metric)), np.float32)
    ends[:, : len(shares)] = shares
    ends[:, len(shares) :] = 1
    return np.hstack([queries, ends])


def score_of(products: F32, queries: F32, metric: Metric) -> F32:
    """The scores that inner products of augmented vectors stand for, as `corrected` defines them, in the same order.

    Args:
        products: [q, k], -inf where a search found nothing.
        queries: [q, d] as they were before they were augmented.
    """
    if metric is not Metric.EUCLIDEAN:
        return products
    return minus_roots(_squares(queries)[:, None] - 2 * products.astype(np.float64))


def _squares(vectors: F32) -> F64:
    squares: F64 = np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64)
    return squares
