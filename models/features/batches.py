"""Calls of a graph that are as large as the memory allows."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.types import F32


class Batches:
    """What gives a row an input, called with at most `size` inputs; half as many from where memory ran out.

    Safe to share by threads: the smaller size counts for all of them, from then on.
    """

    def __init__(self, run: Callable[[NDArray[Any]], F32], *, size: int) -> None:
        self._run, self.size = run, size

    def rows(self, inputs: NDArray[Any]) -> F32:
        """[n, width] of [n, ...]; raises MemoryError where one alone is too much."""
        found = list(self._parts(inputs))
        return found[0] if len(found) == 1 else np.concatenate(found)

    def _parts(self, inputs: NDArray[Any]) -> Iterator[F32]:
        start = 0
        while start < len(inputs):
            end = start + self._next(len(inputs) - start)
            rows = self._tried(inputs[start:end])
            if rows is not None:
                yield rows
                start = end

    def _next(self, left: int) -> int:
        """So many that all calls are about as large: 20 are 10 and 10, not 16 and 4."""
        calls = -(-left // self.size)
        return -(-left // calls)

    def _tried(self, inputs: NDArray[Any]) -> F32 | None:
        """Its rows, or None where fewer are to be tried."""
        try:
            return self._run(inputs)
        except MemoryError:
            if len(inputs) == 1:
                raise
            self.size = min(self.size, len(inputs) // 2)
            return None
