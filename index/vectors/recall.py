"""How much of the exact answer a table finds."""

import numpy as np

from index.vectors.kinds import Stage, untold
from index.vectors.part import Part
from index.vectors.scan import nearest, scores_of
from models.types import F32

ASKED = 128
"""Queries asked at once: of a million vectors in about a second."""


class Truth:
    """The exact answer to queries [q, d], prepared for the metric, on a part's vectors: made once, compared often."""

    def __init__(self, part: Part, queries: F32, at: int, *, watch: Stage = untold) -> None:
        self.queries, self.at = queries, min(at, len(part.ids))
        self._worst = np.empty((len(queries), 1), np.float32)
        for start in range(0, len(queries), ASKED):
            block = queries[start : start + ASKED]
            watch(f"finding the exact answers to queries {start} to {start + len(block)}")
            rows = nearest(block, part.vectors, self.at, metric=part.metric)
            self._worst[start : start + ASKED, 0] = scores_of(block, part.vectors, rows, part.metric).min(axis=1)

    def recall(self, part: Part) -> float:
        """The share of the best `at` that the part finds; of vectors that score the same, any will do."""
        _, scores = part.search(self.queries, self.at, None)
        found = np.minimum(np.count_nonzero(scores >= self._worst, axis=1), self.at)
        return float(found.mean() / self.at)
