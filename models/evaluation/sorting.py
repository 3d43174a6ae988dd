"""Sorting a long row of keys in the way that is quicker on this processor."""

from collections.abc import Callable
from functools import cache
from timeit import timeit

import numpy as np
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
    """The keys [n] in ascending order.

    Args:
        keys: [n], may be changed.
        bins: [n] any numbers that ascend with the keys: equal ones may have different keys, but not the reverse.
            The quicker, the more evenly they are used.
    """
    return by_bins(keys, bins) if len(keys) >= LONG and bins_are_quicker() else by_numpy(keys, bins)


@cache
def bins_are_quicker() -> bool:
    """Whether this processor sorts a long row quicker by bins, from a trial of some milliseconds.

    Numpy partitions with AVX-512's compressed stores where there are any. Some processors take some hundred cycles
    for one of these (AMD's Zen 4), and then sort four times as slowly as with AVX2, twice as slowly as by bins.
    """
    keys = np.random.default_rng(0).permutation(np.arange(2**15, dtype=np.uint32))
    bins = keys.astype(np.uint16)
    return _seconds(by_bins, keys, bins) < _seconds(by_numpy, keys, bins)


def _seconds(way: Callable[[U32, U16], U32], keys: U32, bins: U16) -> float:
    return min(timeit(lambda: way(keys.copy(), bins), number=1) for _ in range(3))


def by_numpy(keys: U32, _: U16) -> U32:
    """Sorted where they are."""
    keys.sort()
    return keys


def by_bins(keys: U32, bins: U16) -> U32:
    """Sorted by a radix sort of the bins; what is left to do within bins takes short sorts of neighbours."""
    ordered = np.full(-(-len(keys) // BLOCK) * BLOCK, LAST)
    keys.take(bins.argsort(kind="stable"), out=ordered[: len(keys)], mode="clip")
    ordered.reshape(-1, BLOCK).sort(axis=1)
    # What is left are bins across the seam of two blocks: of few keys most often, else of up to half a block.
    seams = ordered[BLOCK // 2 : -BLOCK // 2].reshape(-1, BLOCK)
    for half in (SEAM // 2, BLOCK // 2):
        seams[:, BLOCK // 2 - half : BLOCK // 2 + half].sort(axis=1)
        if _ascends_at(ordered, BLOCK - half) and _ascends_at(ordered, half):
            return ordered[: len(keys)]
    ordered.sort()
    return ordered[: len(keys)]


def _ascends_at(keys: U32, place: int) -> bool:
    """Whether no key at this place of a block is below the one before it."""
    return bool((keys[place - 1 : -1 : BLOCK] <= keys[place::BLOCK]).all())
