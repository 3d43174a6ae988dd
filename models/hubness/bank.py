"""Biases kept true while gallery items and bank queries come and go."""

import numpy as np

from models.errors import Conflict, InvalidInput
from models.hubness.correction import biases_of
from models.hubness.rows import Rows
from models.hubness.similarities import Highest, rounded
from models.types import F32, I64, Metric

IDS, VECTORS, SIMILARITIES, NEAREST = range(4)
"""The arrays of items; those of queries are the first two."""


class Bank:
    """Gallery items, bank queries, and the highest similarities of every item to the queries.

    With `g` items and `q` queries of `d` dimensions, of which `n` come or go and `k` count:

        add_items       n q d       what they are near to is found anew, and g to see that the ids are new
        remove_items    g           to find them
        add_queries     g n d       and sorting where one of them is nearer than the k-th
        remove_queries  g k + m q d with m the items that one of them counts for, n k g / q on average
        biases          g k

    Biases are to the bit those of `correction.biases` on what is there. Items and queries are held as float32, and 12 k
    bytes more an item. Not safe to use from several threads while it changes.
    """

    def __init__(self, dim: int, metric: Metric, *, neighbours: int) -> None:
        self.dim, self.metric, self.neighbours = dim, metric, neighbours
        ids, vectors, none = np.empty(0, np.int64), np.empty((0, dim), np.float32), Highest.none(0, neighbours)
        self._items = Rows(ids, vectors, none.similarities, none.ids)
        self._queries = Rows(ids, vectors)

    @property
    def items(self) -> I64:
        """[g] the ids of the gallery items, in the order of their biases; another order once some were removed."""
        return self._items[IDS].copy()

    @property
    def queries(self) -> I64:
        """[q] the ids of the bank's queries, in any order."""
        return self._queries[IDS].copy()

    def biases(self, alpha: float) -> F32:
        """[g]."""
        return biases_of(self._highest().means(), alpha)

    def add_items(self, ids: I64, vectors: F32) -> None:
        """Add gallery items [n, d]; raises Conflict for ids there are, InvalidInput for what does not fit."""
        new = self._checked(self._items, ids, vectors)
        found = self._found(new)
        self._items.append(ids, new, found.similarities, found.ids)

    def remove_items(self, ids: I64) -> None:
        """Forget gallery items; ids that are not there are ignored."""
        self._items.remove(_places(self._items[IDS], ids))

    def add_queries(self, ids: I64, vectors: F32) -> I64:
        """Add queries [n, d] to the bank; the ids of items whose biases may be others. Raises as `add_items` does."""
        new = self._checked(self._queries, ids, vectors)
        self._queries.append(ids, new)
        changed = self._highest().merge(self._items[VECTORS], new, ids, self.metric)
        return np.compress(changed, self._items[IDS])

    def remove_queries(self, ids: I64) -> I64:
        """Take queries from the bank; the ids of the items that they counted for; others are ignored."""
        places = _places(self._queries[IDS], ids)
        gone = self._queries[IDS][places]
        self._queries.remove(places)
        highest = self._highest()
        held = np.flatnonzero(np.isin(highest.ids, gone).any(axis=1))
        found = self._found(self._items[VECTORS][held])
        highest.similarities[held], highest.ids[held] = found.similarities, found.ids
        return np.take(self._items[IDS], held)

    def _highest(self) -> Highest:
        return Highest(self._items[SIMILARITIES], self._items[NEAREST])

    def _found(self, items: F32) -> Highest:
        queries, ids = self._queries[VECTORS], self._queries[IDS]
        return Highest.of(items, queries, ids, k=self.neighbours, metric=self.metric)

    def _checked(self, held: Rows, ids: I64, vectors: F32) -> F32:
        """The vectors as `similarities` takes them."""
        if vectors.shape != (len(ids), self.dim):
            raise InvalidInput(f"expected {len(ids)} vectors of {self.dim} dimensions, found {list(vectors.shape)}")
        if (ids < 0).any():
            raise InvalidInput(f"ids must not be negative, found {ids.min()}")
        if len(np.unique(ids)) < len(ids) or len(_places(held[IDS], ids)):
            raise Conflict("the same id is there twice among the items, or the queries, of a bank")
        return rounded(vectors, self.metric)


def _places(among: I64, ids: I64) -> I64:
    """Where some ids are, ascending."""
    return np.flatnonzero(np.isin(among, ids))
