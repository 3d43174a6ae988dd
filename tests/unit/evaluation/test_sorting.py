"""Both ways to sort against numpy's sort, on keys that are hard on bins."""

from collections.abc import Callable

import numpy as np
import pytest

from models.evaluation.sorting import BLOCK, LONG, U16, U32, by_bins, by_numpy, sort

NUMBERS = np.random.default_rng(0)
LENGTH = LONG + 3 * BLOCK + 77


def made(bins: np.ndarray) -> tuple[U32, U16]:
    """Keys in these bins, at random within each."""
    keys: U32 = (bins.astype(np.uint32) << np.uint32(16)) + NUMBERS.integers(0, 2**16, len(bins), dtype=np.uint32)
    return keys, bins.astype(np.uint16)


KEYS = {
    "a bin a key": made(NUMBERS.permutation(2**16)[:LENGTH]),
    "bins of a few keys": made(NUMBERS.integers(0, 1000, LENGTH)),
    "bins of half a block": made(NUMBERS.integers(0, LENGTH // 200, LENGTH)),
    "bins of many blocks": made(NUMBERS.integers(0, 3, LENGTH)),
    "a bin that ends behind a seam": made(
        np.repeat(np.arange(LENGTH), np.where(np.arange(LENGTH) == 412, 110, 1))[:LENGTH]
    ),
    "a bin that begins before a seam": made(
        np.repeat(np.arange(LENGTH), np.where(np.arange(LENGTH) == 502, 110, 1))[:LENGTH]
    ),
    "one bin": made(np.zeros(LENGTH, np.int64)),
    "a full bin at the end": made(np.where(NUMBERS.random(LENGTH) < 0.5, 9, NUMBERS.integers(0, 9, LENGTH))),
    "equal keys": (np.full(LENGTH, 7, np.uint32), np.zeros(LENGTH, np.uint16)),
    "descending": (np.arange(LENGTH, 0, -1, dtype=np.uint32), np.arange(LENGTH, 0, -1, dtype=np.uint16)),
    "the largest keys there are": (np.full(LENGTH, 2**32 - 1, np.uint32), np.full(LENGTH, 2**16 - 1, np.uint16)),
    "whole blocks": made(NUMBERS.integers(0, 2**16, LONG)),
    "a single key": made(np.array([5])),
    "no key": made(np.empty(0, np.int64)),
}


@pytest.mark.parametrize("way", [by_bins, by_numpy, sort])
@pytest.mark.parametrize("name", KEYS)
def test_each_row_of_keys_is_in_ascending_order(way: Callable[[U32, U16], U32], name: str) -> None:
    row, row_bins = KEYS[name]
    keys, bins = np.stack([row, row[::-1]]), np.stack([row_bins, row_bins[::-1]])
    expected = np.sort(keys, axis=1)
    assert (way(keys.copy(), bins) == expected).all()


@pytest.mark.parametrize("way", [by_bins, by_numpy, sort])
def test_there_may_be_no_row(way: Callable[[U32, U16], U32]) -> None:
    assert way(np.empty((0, LENGTH), np.uint32), np.empty((0, LENGTH), np.uint16)).shape == (0, LENGTH)
