"""Samples with the names of their classes, before it is said which classes are asked for."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.types import F32
from training.datasets.class_lists import ClassNames
from training.splits import ClassTable, FeatureSet


@dataclass(frozen=True, slots=True)
class Samples:
    """Features [n, width] of both senses, and the names [n] of their classes."""

    audio: F32
    video: F32
    names: NDArray[np.str_]

    def among(self, classes: ClassTable, *, start: int = 0, stop: int | None = None) -> FeatureSet:
        """A stretch of the samples, labelled by the rows of a table, which is sorted and has all their classes.

        It is a view: a training set and the retraining set that holds it are one array.
        """
        rows = slice(start, stop)
        label = np.searchsorted(np.array(classes.names), self.names[rows])
        return FeatureSet(self.audio[rows], self.video[rows], label)


def candidates(known: ClassNames, vectors: F32, *, seen: Collection[str], unseen: Collection[str]) -> ClassTable:
    """The classes that samples are sorted into, in the order of their ids.

    Args:
        vectors: [c, width] of all known classes.
    """
    rows = [row for row, name in enumerate(known.names) if name in seen or name in unseen]
    names = tuple(known.names[row] for row in rows)
    return ClassTable(names, vectors[rows], np.array([name in seen for name in names]))
