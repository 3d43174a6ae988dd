"""Remoteness: how far a gallery item is from a query, by any metric, in float32 products made for ranking."""

from dataclasses import dataclass

import numpy as np

from models.errors import InvalidInput
from models.scoring import normalised
from models.types import F32, F64, I64, Metric

BITS = 16
"""Remotenesses are below two to this power."""
LONGEST = 2.0**50
"""Of vectors: float32 holds the squares of their distances."""
SLACK = 1.01
"""Keeps rounding from crossing the upper bound."""
FLOOR = 2.0**4
"""The least remoteness by L2: keeps rounding from crossing zero."""
NEAR = FLOOR + 2.0**10
"""Below this, an eighth of the greatest distance, remoteness by L2 is computed from the difference of both vectors."""


@dataclass(frozen=True, slots=True)
class Remoteness:
    """Two factors whose product is the remoteness [q, g] of each pair: in [0, 2**16), the lower the better.

    It ascends as the score of `models.scoring.scores` descends: by L2 a squared distance, seen from the gallery's
    middle, for the cosine that of unit vectors. Distances are right to some 2**-22 of the greatest there can be, and to
    2**-17 of themselves; inner products to 2**-22 of |q| |g|. Of items whose scores differ by less, either may come
    first. All scaling is by powers of two, so that what float32 holds exactly stays exact: codes of +-1 tie.

    Args:
        queries: [q, d + 2].
        gallery: [d + 2, g].
        near: remotenesses below this have lost digits, and are to be refined.
    """

    queries: F32
    gallery: F32
    near: float = 0

    @classmethod
    def of(cls, queries: F32, gallery: F32, metric: Metric) -> "Remoteness":
        """Of queries [q, d] and a gallery [g, d]; raises InvalidInput for vectors that are not finite, or too long."""
        _check(queries)
        _check(gallery)
        if metric is Metric.INNER:
            return _by_product(queries, gallery)
        if metric is Metric.COSINE:
            # Taken as 1, also of zero vectors, which so are as far as orthogonal ones.
            squares = np.ones(len(queries)), np.ones(len(gallery))
            return _by_distance(normalised(queries), normalised(gallery), squares)
        middle = _middle(gallery)
        queries, gallery = queries - middle, gallery - middle
        return _by_distance(queries, gallery, (_squares(queries), _squares(gallery)))

    def refine(self, remote: F32, queries: I64) -> None:
        """Correct in place what these queries' rows [n, g] of the product say of the items near to them."""
        if remote.min(initial=self.near) < self.near:
            for row, query in zip(remote, self.queries[queries], strict=True):
                near = np.flatnonzero(row < self.near)
                scale = query[-1]
                apart = self.gallery[:-2, near] + query[:-2, None] / (2 * scale)
                row[near] = scale * np.einsum("dn,dn->n", apart, apart)


def _by_distance(queries: F32, gallery: F32, squares: tuple[F64, F64]) -> Remoteness:
    """|q|^2 + |g|^2 - 2 q.g, from vectors and their squared lengths."""
    of_queries, of_gallery = squares
    bound = _power_above((np.sqrt(of_queries) + np.sqrt(of_gallery.max(initial=0))) ** 2)
    offset = of_queries + FLOOR / 2**BITS * bound
    return Remoteness(_left(queries, -2, offset, bound), _right(gallery, of_gallery), NEAR)


def _by_product(queries: F32, gallery: F32) -> Remoteness:
    """A power of two above the largest |q| |g| of a query, less q.g."""
    bound = _power_above(np.sqrt(_squares(queries) * _squares(gallery).max(initial=0)))
    return Remoteness(_left(queries, -1, bound, 2 * bound), _right(gallery, np.zeros(len(gallery))))


def _left(queries: F32, factor: int, offset: F64, bound: F64) -> F32:
    """[q, d + 2]: each query times `factor`, its offset, and 1, all scaled to the bound."""
    scale = (2**BITS / bound).astype(np.float32)[:, None]
    columns = [queries * np.float32(factor), offset.astype(np.float32)[:, None], np.ones((len(queries), 1), np.float32)]
    left: F32 = np.hstack(columns) * scale
    return left


def _right(gallery: F32, offset: F64) -> F32:
    """[d + 2, g]: each item, 1, and its own offset."""
    return np.vstack([gallery.T, np.ones(len(gallery), np.float32), offset.astype(np.float32)])


def _middle(vectors: F32) -> F32:
    """[d] their mean, rounded to halves or quarters of their spread in a way that keeps whole numbers exact."""
    if not len(vectors):
        return np.zeros(vectors.shape[1], np.float32)
    unit = np.ldexp(0.5, np.frexp(vectors.std(dtype=np.float64))[1])
    middle: F64 = np.round(vectors.mean(axis=0, dtype=np.float64) / unit) * unit
    return middle.astype(np.float32)


def _check(vectors: F32) -> None:
    if odd := int((~(_squares(vectors) < LONGEST**2)).sum()):
        raise InvalidInput(f"{odd} of {len(vectors)} vectors to rank are not finite, or longer than {LONGEST:g}")


def _squares(vectors: F32) -> F64:
    """[n] squared lengths."""
    squares: F64 = np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64)
    return squares


def _power_above(bound: F64) -> F64:
    """[n] the next power of two above each; no smaller than 2**-100, whose inverse float32 still holds."""
    _, exponents = np.frexp(np.maximum(SLACK * bound, 2.0**-101))
    return np.ldexp(1.0, exponents)
