"""One layer of a vector table: rows, some of them masked, maybe with a quicker way in."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from index.vectors.rows import Places, among, rows_of
from index.vectors.scan import Admission, nearest, scores_of
from index.vectors.structure import Structure
from models.types import F32, I64, Bool, Metric

FEW = 0.02
"""Up to this share of the rows a filtered search looks at each of them, also where there is a structure.

Measured on 1,000,000 x 64, one thread: of 1 % 0.5 ms against 8 ms through lists, of 4 % 5.5 against 2.
"""

MANY = 128
"""Candidates up to which sorting all of them is as fast as taking the best out first."""

NEARLY_ALL = 0.9
"""From this share on, twice as many rows are taken without asking for admission, and the others dropped.

FAISS multiplies matrices for a batch of queries only where there is nothing to ask: that is five times faster.
"""

SPARE, TIES = 8, 4096
"""Rows beyond `k` that are looked at for ties, at first and at most: of more equal vectors than that, any are found."""

CLOSE = 1e-5
"""How far apart, of their size, scores may be that differ only by the rounding of float32."""


@dataclass(frozen=True, eq=False)
class Part:
    """Vectors [n, d] under ids [n], never changed: a change makes another part of the same arrays.

    `live` admits the rows that are not removed (None: all are there); `structure` proposes rows without looking at
    all of them (None: an exact scan); `places` says where the ids lie (None: they ascend). Of ids there are twice at
    most one row is live, the one in `places`.
    """

    ids: I64
    vectors: F32
    metric: Metric
    live: Admission | None = None
    structure: Structure | None = None
    places: Places | None = None

    def __len__(self) -> int:
        return len(self.ids) if self.live is None else self.live.count

    @cached_property
    def live_ids(self) -> I64:
        """The ids that are not removed, ascending."""
        return self.ids[self.live_rows]

    @property
    def live_rows(self) -> I64 | slice:
        """The rows that are not removed, in the order of their ids."""
        if self.places is None:
            return slice(None) if self.live is None else np.flatnonzero(self.live.mask)
        rows = self.places.rows
        return rows if self.live is None else rows[self.live.mask[rows]]

    def rows(self, ids: I64) -> I64:
        """The row of each id [n]; -1 where it is not, or was removed."""
        rows = rows_of(ids, self.ids) if self.places is None else self.places.find(ids)
        if self.live is not None:
            rows[(rows >= 0) & ~self.live.mask[rows]] = -1
        return rows

    def without(self, rows: I64) -> "Part":
        """The same with these rows removed."""
        if len(rows) == 0:
            return self
        mask = np.ones(len(self.ids), np.bool_) if self.live is None else self.live.mask.copy()
        mask[rows] = False
        return replace(self, live=Admission(mask))

    def admit(self, allowed: I64) -> Admission:
        """The rows that are live and whose ids are allowed [m], in any order."""
        mask = self._among(allowed)
        return Admission(mask if self.live is None else mask & self.live.mask)

    def _among(self, allowed: I64) -> Bool:
        if self.places is None:
            return among(self.ids, allowed)
        mask = np.zeros(len(self.ids), np.bool_)
        mask[self.places.rows[among(self.places.ids, allowed)]] = True
        return mask

    def search(self, queries: F32, k: int, allowed: I64 | None) -> tuple[I64, F32]:
        """The ids [q, k or more] that may be the `k` best, and their exact scores; -1 and -inf pad."""
        rows = self._find(queries, k, self.live if allowed is None else self.admit(allowed))
        if rows.shape[1] == 0:
            return rows, np.empty(rows.shape, np.float32)
        ids = self.ids[rows]
        ids[rows < 0] = -1
        return _fewer(ids, scores_of(queries, self.vectors, rows, self.metric), k)

    def _find(self, queries: F32, k: int, admitted: Admission | None) -> I64:
        there = len(self.ids) if admitted is None else admitted.count
        k = min(k, there)
        if k == 0 or len(queries) == 0:
            return np.empty((len(queries), 0), np.int64)
        if self.structure is None or there <= FEW * len(self.ids):
            return self._scan(queries, k, admitted)
        rows = self.structure.propose(queries, k, admitted)
        if (short := rows[:, k - 1] < 0).any():
            rows[short] = -1
            rows[short, :k] = self._scan(queries[short], k, admitted)[:, :k]
        return rows

    def _scan(self, queries: F32, k: int, admitted: Admission | None, *, spare: int = SPARE) -> I64:
        """The rows [q, k or more] of the nearest by looking at all that are admitted, and those that tie with them.

        FAISS rounds the score of a vector by where it lies, so that of equal ones at the limit any may be left out:
        where the last of the spare rows still scores as the k-th does, more of them are asked for.
        """
        there = len(self.ids) if admitted is None else admitted.count
        rows = self._nearest(queries, min(k + spare, there), admitted)
        if k + spare >= there or spare >= TIES:
            return rows
        scores = scores_of(queries, self.vectors, rows, self.metric)
        with np.errstate(invalid="ignore"):  # of two scores beyond float32
            tied = scores[:, k - 1] - scores[:, -1] <= CLOSE * np.abs(scores[:, -1])
        if not tied.any():
            return rows
        more = self._scan(queries[tied], k, admitted, spare=8 * spare)
        wide = np.pad(rows, ((0, 0), (0, more.shape[1] - rows.shape[1])), constant_values=-1)
        wide[tied] = more
        return wide

    def _nearest(self, queries: F32, count: int, admitted: Admission | None) -> I64:
        """The rows [q, count] of the nearest that are admitted; where nearly all are, a plain scan is quicker."""
        if admitted is None or admitted.share < NEARLY_ALL:
            return nearest(queries, self.vectors, count, metric=self.metric, admitted=admitted)
        spare = min(count, len(self.ids) - admitted.count)
        rows = nearest(queries, self.vectors, count + spare, metric=self.metric)
        rows[~admitted.mask[rows]] = -1
        first = np.argsort(rows < 0, axis=1, kind="stable")[:, :count]
        rows = np.take_along_axis(rows, first, axis=1)
        if (short := rows[:, -1] < 0).any():
            rows[short] = nearest(queries[short], self.vectors, count, metric=self.metric, admitted=admitted)
        return rows


def _fewer(ids: I64, scores: F32, k: int) -> tuple[I64, F32]:
    """The best `k` of very many candidates [q, c]; of those at the limit the lowest ids. Few are left as they are."""
    width = ids.shape[1]
    if width <= max(MANY, k):
        return ids, scores
    best_ids, best_scores = np.empty((len(ids), k), np.int64), np.empty((len(ids), k), np.float32)
    limits = np.partition(scores, width - k, axis=1)[:, width - k]
    for query, limit in enumerate(limits):
        near = np.flatnonzero(~(scores[query] < limit))  # where the limit is no number, all of them
        kept = near[np.lexsort((ids[query, near], -scores[query, near]))[:k]]
        best_ids[query], best_scores[query] = ids[query, kept], scores[query, kept]
    return best_ids, best_scores


def empty(dim: int, metric: Metric) -> Part:
    """A part with nothing in it."""
    return Part(np.empty(0, np.int64), np.empty((0, dim), np.float32), metric)
