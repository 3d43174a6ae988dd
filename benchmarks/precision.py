"""Average precision of every query over a full ranking, against the products and the sort it cannot do without."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from benchmarks.contest import Contest
from models.evaluation.ranking import by_label
from models.types import Metric

DIM, CLASSES = 64, 33


@dataclass(frozen=True, slots=True)
class Precision:
    """So many queries against as many gallery vectors, in 64 dimensions and 33 classes."""

    name: ClassVar[str] = "average precision"
    items: int = 5000

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """By L2 distance; the product is numpy's."""
        numbers = np.random.default_rng(0)
        queries, gallery = numbers.standard_normal((2, self.items, DIM), np.float32)
        labels = numbers.integers(0, CLASSES, self.items)
        scores = queries @ gallery.T
        ours, product, ordered = (
            f"by_label, {self.items:,} x {self.items:,}",
            "the float32 product alone",
            "sorting every row of scores alone",
        )
        yield Contest(
            ways={
                ours: lambda: by_label(
                    queries, gallery, query_labels=labels, gallery_labels=labels, metric=Metric.EUCLIDEAN
                ),
                product: lambda: queries @ gallery.T,
                ordered: lambda: np.sort(scores, axis=1),
            },
            pairs=[(ours, product), (ours, ordered)],
        )
