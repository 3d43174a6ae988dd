"""What came since the sealed part was built: flat, exact, and growing."""

from dataclasses import replace

import numpy as np

from index.vectors.part import Part
from index.vectors.rows import Places, ordered
from index.vectors.scan import Admission
from models.types import F32, I64

MASKED = 64
"""How many removed rows are masked at least before they are taken out."""


class Fresh:
    """A part that grows. Its caller lets one thread at a time change it; readers keep the part they hold.

    New rows go behind the last one, into room that no part held by a reader shows, whichever their ids: a change
    costs what it brings, and 8 bytes for each id that is there, but does not copy the vectors.
    """

    def __init__(self, part: Part) -> None:
        self.part = part
        self._ids, self._vectors = part.ids, part.vectors

    def add(self, ids: I64, vectors: F32) -> None:
        """Add vectors [n, d], prepared for the metric, under ids [n] that are not live here."""
        if len(ids) == 0:
            return
        if not ordered(ids):
            order = np.argsort(ids)
            ids, vectors = ids[order], vectors[order]
        start, end = len(self.part.ids), len(self.part.ids) + len(ids)
        if end > len(self._ids):
            self._grow(max(2 * start, end))
        self._ids[start:end], self._vectors[start:end] = ids, vectors
        self.part = replace(
            self.part,
            ids=self._ids[:end],
            vectors=self._vectors[:end],
            live=_longer(self.part.live, len(ids)),
            places=self._places(ids),
        )

    def remove(self, ids: I64) -> int:
        """Mask these ids, and take the masked ones out once they are many; says how many ids there were."""
        rows = self.part.rows(np.unique(ids))
        self.part = self.part.without(gone := rows[rows >= 0])
        masked = len(self.part.ids) - len(self.part)
        if masked > max(MASKED, len(self.part.ids) // 4):
            self._compact()
        return len(gone)

    def _places(self, ids: I64) -> Places | None:
        """Where all ids lie once these ascending ones are behind the last row."""
        part = self.part
        start, end = len(part.ids), len(part.ids) + len(ids)
        if part.places is None and (start == 0 or ids[0] > part.ids[-1]):
            return None
        before = part.places or Places(part.ids, np.arange(start))
        return before.with_rows(ids, np.arange(start, end))

    def _grow(self, capacity: int) -> None:
        ids, vectors = np.empty(capacity, np.int64), np.empty((capacity, self._vectors.shape[1]), np.float32)
        ids[: len(self.part.ids)], vectors[: len(self.part.ids)] = self.part.ids, self.part.vectors
        self._ids, self._vectors = ids, vectors

    def _compact(self) -> None:
        """Take the masked rows out, and lay the others in the order of their ids."""
        there = self.part.live_rows
        self._ids, self._vectors = self.part.ids[there], self.part.vectors[there]
        self.part = replace(self.part, ids=self._ids, vectors=self._vectors, live=None, places=None)


def _longer(live: Admission | None, new: int) -> Admission | None:
    return None if live is None else Admission(np.concatenate([live.mask, np.ones(new, np.bool_)]))
