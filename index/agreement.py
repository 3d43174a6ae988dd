"""Whether two generations of one bundle find the same, as they do where only the place of the vectors is another."""

from collections.abc import Mapping

import numpy as np

from index.catalog.database import Connection
from index.embedding import spread
from index.generations import Generation
from models.errors import GenerationWorse
from models.types import F32, Hits

AT = 10
QUERIES = 200
"""Of each route, at most."""
LEAST = 0.95
"""What approximate indexes of recall 0.99 leave room for on both sides."""


def agreement(connection: Connection, before: Generation, after: Generation) -> dict[str, float]:
    """By route, the share of the AT best hits that both find, over queries as the route is asked.

    Empty where the scores need not be the same: of another bundle, or corrected otherwise.
    """
    if before.bundle.sha256 != after.bundle.sha256 or before.corrections != after.corrections:
        return {}
    asked = [each.embedding.queries(connection, before.gallery) for each in before.tables.values()]
    return {route: _share(route, some, (before, after)) for each in asked for route, some in each.items()}


def check(found: Mapping[str, float], least: float = LEAST) -> None:
    """Refuse generations that should find the same and do not; raises GenerationWorse."""
    for route, share in found.items():
        if share < least:
            raise GenerationWorse(
                f"of the {AT} best hits by {route}, {share:.3f} would be the same as now, expected {least:g} at least"
            )


def _share(route: str, queries: F32, both: tuple[Generation, Generation]) -> float:
    chosen = queries[spread(np.arange(len(queries)), QUERIES)]
    first, second = (each.search(route, chosen, AT) for each in both)
    return common(first, second)


def common(first: Hits, second: Hits) -> float:
    """Padding is no hit; 1 where there are none."""
    there = max((first.ids >= 0).sum(), (second.ids >= 0).sum())
    rows = zip(first.ids, second.ids, strict=True)
    same = sum(len(np.intersect1d(a[a >= 0], b[b >= 0])) for a, b in rows)
    return float(same / there) if there else 1.0
