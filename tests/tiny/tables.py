"""The tables of a gallery that lie in this process."""

from index.embedding import Space
from index.generations import Generation
from index.tables import VectorTable


def own_tables(generation: Generation) -> dict[Space, VectorTable]:
    """All of them."""
    found = {}
    for space, table in generation.tables.items():
        assert isinstance(table, VectorTable)
        found[space] = table
    return found
