"""What is too much for one message, in parts; and what the parts found, as one."""

import numpy as np

from index.vectors.base import padded
from models.types import F32, I64, Hits


def slices(count: int, size: int) -> list[slice]:
    """So many things in parts of at most this size."""
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def best(found: list[tuple[I64, F32]], k: int) -> Hits:
    """The `k` best of several hits of the same queries, equal scores in the order of their ids; padding comes last."""
    ids = np.concatenate([each for each, _ in found], axis=1)
    found_scores = np.concatenate([each for _, each in found], axis=1)
    order = np.lexsort((np.where(ids < 0, np.iinfo(np.int64).max, ids), -found_scores), axis=1)[:, :k]
    return padded(np.take_along_axis(ids, order, axis=1), np.take_along_axis(found_scores, order, axis=1), k)
