"""Sorting long rows of keys in the way that is quicker on this processor."""

from collections.abc import Callable
from functools import cache
from timeit import timeit

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

U16 = NDArray[np.uint16]
U32 = NDArray[np.uint32]

BLOCK = 512
"""The longest row that numpy sorts by a network of comparisons in the processor's registers."""
SEAM = 64
"""How much is sorted across the seam of two blocks, where that is enough."""
LONG = 4 * BLOCK
"""Rows from here on may be quicker to sort by their bins."""
LAST = np.uint32(2**32 - 1)


def sort(keys: U32, bins: U16) -> U32:
    """The keys [r, n] in ascending order, each row for itself.

    Args:
        keys: [r, n], may be changed.
        bins: [r, n] any numbers that ascend with a row's keys: equal ones may have different keys, but not the reverse.
            The quicker, the more evenly they are used.
    """
    return by_bins(keys, bins) if keys.shape[1] >= LONG and bins_are_quicker() else by_numpy(keys, bins)


@cache
def bins_are_quicker() -> bool:
    """Whether this processor sorts a long row quicker by bins, from a trial of some milliseconds.

    Numpy partitions with AVX-512's compressed stores where there are any. Some processors take some hundred cycles
    for one of these (AMD's Zen 4), and then sort four times as slowly as with AVX2, twice as slowly as by bins.
    """
    keys = np.random.default_rng(0).permutation(np.arange(2**15, dtype=np.uint32))[None]
    bins = keys.astype(np.uint16)
    return _seconds(by_bins, keys, bins) < _seconds(by_numpy, keys, bins)


def _seconds(way: Callable[[U32, U16], U32], keys: U32, bins: U16) -> float:
    return min(timeit(lambda: way(keys.copy(), bins), number=1) for _ in range(3))


def by_numpy(keys: U32, _: U16) -> U32:
    """Sorted where they are."""
    keys.sort(axis=1)
    return keys


def by_bins(keys: U32, bins: U16) -> U32:
    """Sorted by a radix sort of the bins; what is left to do within bins takes short sorts of neighbours."""
    rows, length = keys.shape
    blocks = -(-length // BLOCK)
    ordered = np.full((rows, blocks * BLOCK), LAST)
    for row, row_keys, row_bins in zip(ordered, keys, bins, strict=True):
        row_keys.take(row_bins.argsort(kind="stable"), out=row[:length], mode="clip")
    ordered.reshape(-1, BLOCK).sort(axis=1)
    # What is left are bins across the seam of two blocks: of few keys most often, else of up to half a block.
    for half in (SEAM // 2, BLOCK // 2):
        shape = rows, max(blocks - 1, 0), 2 * half
        as_strided(ordered[:, BLOCK - half :], shape, (ordered.strides[0], BLOCK * ordered.itemsize, 4)).sort(axis=2)
        if _ascends_at(ordered, BLOCK - half) and _ascends_at(ordered, half):
            return ordered[:, :length]
    ordered.sort(axis=1)
    return ordered[:, :length]


def _ascends_at(keys: U32, place: int) -> bool:
    """Whether no key at this place of a block is below the one before it."""
    return bool((keys[:, place - 1 : -1 : BLOCK] <= keys[:, place::BLOCK]).all())
