"""How well a table that is in use finds what exact search finds."""

from dataclasses import replace

import numpy as np

from index.tables import Table, VectorTable
from models.types import F32

APPROXIMATE = "hnsw", "ivfpq"
"""The kinds that may miss something, and lie in this process, where that can be found out."""


def is_approximate(table: Table) -> bool:
    """Whether its recall can be less than 1, and is to be found out."""
    return isinstance(table, VectorTable) and table.kind in APPROXIMATE


def recall(table: Table, route: str, query: F32, *, at: int) -> float | None:
    """The share of the exact best `at` that a route's query [1, dim] finds, by scores as they are corrected.

    Takes one thread as long as it takes to look at every vector. Of vectors that score the same, any will do. None
    where the table is not approximate, is empty, or was changed meanwhile.
    """
    from index.vectors.faiss_store import FaissIndex  # loaded only where there is FAISS

    if not isinstance(table, VectorTable) or not isinstance(table.index, FaissIndex) or not len(table):
        return None
    index, parts = table.index, table.index.parts
    asked = query if table.biasing is None else table.biasing.asked(route, query)
    sealed, fresh = parts
    exact = FaissIndex(index.dim, index.metric, sealed=replace(sealed, structure=None), fresh=fresh)
    there = min(at, len(table))
    worst = exact.search(asked, there).scores[0, -1]
    found = index.search(asked, there).scores[0]
    return float(np.count_nonzero(found >= worst) / there) if index.parts is parts else None
