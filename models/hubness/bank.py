"""Biases kept true while gallery items and bank queries come and go."""

from collections.abc import Mapping

import numpy as np

from models.errors import Conflict, InvalidInput
from models.hubness.correction import biases_of
from models.hubness.rows import Array, Rows
from models.hubness.similarities import Highest, rounded
from models.types import F32, I64, Metric

IDS, VECTORS, SIMILARITIES, NEAREST = range(4)
"""The arrays of items; those of queries are the first two."""
ITEMS = ("items", "vectors", "similarities", "nearest")
QUERIES = ("queries", "query-vectors")
"""What `Bank.state` calls them."""


class Bank:
    """Gallery items, bank queries, and the highest similarities of every item to the queries.

    With `g` items and `q` queries of `d` dimensions, of which `n` come or go and `k` count:

        add_items       n q d       what they are near to is found anew, and g to see that the ids are new
        remove_items    g           to find them
        add_queries     g n d       and sorting where one of them is nearer than the k-th
        remove_queries  g k + m q d with m the items that one of them counts for, n k g / q on average
        biases          g k         of m items: g to find them, and m k

    Biases are to the bit those of `correction.biases` on what is there. Items and queries are held as float32, and 12 k
    bytes more an item. Not safe to use from several threads while it changes.
    """

    def __init__(self, dim: int, metric: Metric, *, neighbours: int) -> None:
        self.dim, self.metric, self.neighbours = dim, metric, neighbours
        ids, vectors, none = np.empty(0, np.int64), np.empty((0, dim), np.float32), Highest.none(0, neighbours)
        self._items = Rows(ids, vectors, none.similarities, none.ids)
        self._queries = Rows(ids, vectors)

    @classmethod
    def of(cls, state: Mapping[str, Array], dim: int, metric: Metric, *, neighbours: int) -> "Bank":
        """One that goes on where another was; raises InvalidInput for a state that does not fit.

        The arrays are the bank's own from now on: written in place, as those mapped copy-on-write can be, and copied
        once items or queries come.
        """
        bank = cls(dim, metric, neighbours=neighbours)
        _check(state, bank.state())
        bank._items, bank._queries = (Rows(*(state[name] for name in names)) for names in (ITEMS, QUERIES))
        return bank

    def state(self) -> dict[str, Array]:
        """All that it holds, to be read until items or queries come or go: by name, rows of items or of queries."""
        items = {name: self._items[array] for array, name in enumerate(ITEMS)}
        return items | {name: self._queries[array] for array, name in enumerate(QUERIES)}

    @property
    def items(self) -> I64:
        """[g] the ids of the gallery items, in the order of their biases; another order once some were removed."""
        return self._items[IDS].copy()

    @property
    def queries(self) -> I64:
        """[q] the ids of the bank's queries, in any order."""
        return self._queries[IDS].copy()

    def biases(self, alpha: float, *, among: I64 | None = None) -> F32:
        """[g], or [m] of the items `among` [m], in their order; raises InvalidInput for one that is not there."""
        if among is None:
            return biases_of(self._highest().means(), alpha)
        rows = _rows(self._items[IDS], among)
        some = Highest(self._items[SIMILARITIES][rows], self._items[NEAREST][rows])
        return biases_of(some.means(), alpha)

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
        if not len(places):  # else all items would be looked through for nothing
            return places
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


def _rows(among: I64, ids: I64) -> I64:
    """[m] the row of each id [m]."""
    places = _places(among, ids)
    if len(places) < len(np.unique(ids)):
        raise InvalidInput(f"found items that are not in the bank: {np.setdiff1d(ids, among)[:3].tolist()}")
    order = places[np.argsort(among[places])]
    rows: I64 = order[np.searchsorted(among[order], ids)]
    return rows


def _check(state: Mapping[str, Array], empty: Mapping[str, Array]) -> None:
    """Refuse a state of other names, types or shapes than those of an empty bank."""
    expected = {name: (each.dtype.name, *each.shape[1:]) for name, each in empty.items()}
    found = {name: (each.dtype.name, *each.shape[1:]) for name, each in state.items()}
    if found != expected:
        raise InvalidInput(f"expected the arrays of a bank as {expected}, found {found}")
    for names in (ITEMS, QUERIES):
        if len({len(state[name]) for name in names}) > 1:
            raise InvalidInput(f"expected as many rows of each, found {[(name, len(state[name])) for name in names]}")
