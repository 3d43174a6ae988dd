"""Which row an id has: binary search, for ids by the million without a dict of them."""

from dataclasses import dataclass

import numpy as np

from models.types import I64, Bool


def rows_of(wanted: I64, ids: I64) -> I64:
    """The row of each wanted id [n] among ascending ids [m]; -1 where it is not."""
    if len(ids) == 0:
        return np.full(len(wanted), -1, np.int64)
    rows = np.searchsorted(ids, wanted)
    rows[rows == len(ids)] = 0
    return np.where(ids[rows] == wanted, rows, -1)


def ordered(ids: I64) -> bool:
    """Whether ids ascend strictly."""
    return bool((ids[1:] > ids[:-1]).all())


SPREAD = 8
"""Times their number that ids may span for a table of all numbers between the first and the last: 8 bytes an id."""

SOUGHT = 0.01
"""Below this share of the ids, seeking each is quicker than a table: a million takes 2 ms at most in one."""


def among(ids: I64, wanted: I64) -> Bool:
    """Which of the ascending ids [n] are among the wanted [m], which come in any order."""
    mask = np.zeros(len(ids), np.bool_)
    if len(ids) == 0 or len(wanted) == 0:
        return mask
    first, span = ids[0], int(ids[-1] - ids[0]) + 1
    if len(wanted) < SOUGHT * len(ids) or span > SPREAD * len(ids):
        rows = rows_of(wanted if ordered(wanted) else np.sort(wanted), ids)
        mask[rows[rows >= 0]] = True
        return mask
    table = np.zeros(span, np.bool_)
    if wanted.min() < first or wanted.max() > ids[-1]:
        wanted = wanted[(wanted >= first) & (wanted <= ids[-1])]
    table[wanted - first] = True
    return table if span == len(ids) else table[ids - first]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where ids lie whose rows are not in their order: ascending ids [m] and the row of each [m]."""

    ids: I64
    rows: I64

    def find(self, wanted: I64) -> I64:
        """The row of each wanted id [n]; -1 where it is not."""
        at = rows_of(wanted, self.ids)
        return np.where(at < 0, -1, self.rows[at])

    def with_rows(self, ids: I64, rows: I64) -> "Places":
        """The same where ascending ids [n] lie in these rows [n], whether they lay elsewhere or nowhere before."""
        kept = ~among(self.ids, ids)
        all_ids, all_rows = np.concatenate([self.ids[kept], ids]), np.concatenate([self.rows[kept], rows])
        order = np.argsort(all_ids, kind="stable")  # which merges what is two ascending runs
        return Places(all_ids[order], all_rows[order])
