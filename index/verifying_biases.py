"""Whether the biases in a table are those that its windows and its banks give now."""

from collections.abc import Iterator

import numpy as np

from index.biasing import Biasing
from index.catalog import changes
from index.catalog.database import Connection
from index.corrections import Corrections
from index.embedding import Embedding
from index.stores import Stores
from index.tables import Table, VectorTable
from index.verifying_findings import Finding
from index.watching import UNWATCHED
from models.errors import InvalidInput
from models.types import F32, I64

TOLERANCE = 1e-4
"""Of a bias, or of 1: heads answer a little differently when they embed more at once."""


def biases(
    where: str, stores: Stores, gallery: int, *, table: Table, corrections: Corrections, sample: I64
) -> Iterator[Finding]:
    """Of some windows [n] of a table, nothing of one that no route corrects or that changed meanwhile."""
    if not isinstance(table, VectorTable) or table.biasing is None:
        return
    before = table.position
    with stores.database.reading() as connection:
        sample = np.intersect1d(sample, table.embedding.windows(connection, gallery))
        wanted = _anew(connection, gallery, embedding=table.embedding, corrections=corrections, sample=sample)
    try:
        found = table.stored(sample)[:, table.embedding.dim :]
    except InvalidInput:  # one of them was removed just now
        return
    odd = sample[(np.abs(found - wanted) > TOLERANCE * np.maximum(np.abs(wanted), 1)).any(axis=1)]
    if len(odd) and _is_still_at(stores, gallery, before):
        yield Finding("index", where, f"other biases for {len(odd)} of {len(sample)}, such as {odd[0]}", "those of now")


def _anew(connection: Connection, gallery: int, *, embedding: Embedding, corrections: Corrections, sample: I64) -> F32:
    """[n, r] what vectors of windows [n] would end in if the banks were made now."""
    fresh = Biasing.empty(embedding, corrections)
    assert fresh is not None, "the table has biases"
    vectors = embedding.all_vectors(connection, sample)
    fresh.fill(connection, gallery, windows=sample, vectors=vectors, watch=UNWATCHED)
    return fresh.stored(sample, vectors)[:, embedding.dim :]


def _is_still_at(stores: Stores, gallery: int, position: int) -> bool:
    """Whether nothing has changed since a table was there: as long as that is so, it does not change either."""
    with stores.database.reading() as connection:
        return changes.position(connection, gallery) == position
