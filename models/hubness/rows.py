"""Rows of several arrays, with room for more."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Rows:
    """Arrays of as many rows each; to add some, or take some out, does not copy those that stay.

    There is always room for half as many more, untouched memory that costs nothing, so that rows which are added one by
    one are copied three times on average.
    """

    def __init__(self, *arrays: Array) -> None:
        """Of these, which are its own from now on: they may be written in place, and are copied for more rows."""
        self._arrays, self._count = [np.asarray(each) for each in arrays], len(arrays[0])

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, array: int) -> Array:
        """One of the arrays, to be read or written in place until rows come or go."""
        return self._arrays[array][: self._count]

    def append(self, *rows: Array) -> None:
        """Add rows, of every array as many."""
        count = self._count + len(rows[0])
        if count > len(self._arrays[0]):
            self._arrays = [_enlarged(each, count + count // 2) for each in self._arrays]
        for array, new in zip(self._arrays, rows, strict=True):
            array[self._count : count] = new
        self._count = count

    def remove(self, gone: NDArray[np.int64]) -> None:
        """Take out rows by their places, ascending; the last rows take those of others."""
        count = self._count - len(gone)
        holes = gone[gone < count]
        moved = np.setdiff1d(np.arange(count, self._count), gone)
        for array in self._arrays:
            array[holes] = array[moved]
        self._count = count


def _enlarged(array: Array, count: int) -> Array:
    larger = np.empty((count, *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger
