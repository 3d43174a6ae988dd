"""How much of the exact answer a table finds."""

import numpy as np

from index.vectors.part import Part
from index.vectors.scan import nearest, scores_of
from models.types import F32


class Truth:
    """The exact answer to queries [q, d], prepared for the metric, on a part's vectors: made once, compared often."""

    def __init__(self, part: Part, queries: F32, at: int) -> None:
        self.queries, self.at = queries, min(at, len(part.ids))
        rows = nearest(queries, part.vectors, self.at, metric=part.metric)
        self._worst = scores_of(queries, part.vectors, rows, part.metric).min(axis=1, keepdims=True)

    def recall(self, part: Part) -> float:
        """The share of the best `at` that the part finds; of vectors that score the same, any will do."""
        _, scores = part.search(self.queries, self.at, None)
        found = np.minimum(np.count_nonzero(scores >= self._worst, axis=1), self.at)
        return float(found.mean() / self.at)
