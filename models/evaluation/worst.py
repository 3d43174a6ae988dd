"""The queries that a route does worst by, and what it finds instead."""

from dataclasses import dataclass

import numpy as np

from models.evaluation.retrieval import Retrieval, first_ranks
from models.hubness import RouteBias
from models.types import F32, F64, I64

MOST, SHOWN = 20, 3


@dataclass(frozen=True, slots=True)
class Worst:
    """A `query`, its average precision, the `rank`, from 1, of the first relevant item, and its first `hits` [k]."""

    query: int
    precision: float
    rank: int
    hits: I64


def worst(asked: Retrieval, bias: RouteBias, precisions: F64, *, most: int = MOST, shown: int = SHOWN) -> list[Worst]:
    """Those of the lowest average precision [q], the worst first; queries with nothing to find (NaN) are none."""
    known = np.flatnonzero(~np.isnan(precisions))
    rows = known[np.argsort(precisions[known], kind="stable")[:most]]
    found = [
        (int(rank), hits)
        for scored, relevant, own in asked.asked(rows).answers(bias)
        for rank, hits in zip(first_ranks(scored, relevant, own), _first(scored, own, shown), strict=True)
    ]
    pairs = zip(rows.tolist(), found, strict=True)
    return [Worst(query, float(precisions[query]), rank, hits) for query, (rank, hits) in pairs]


def _first(scored: F32, own: I64, shown: int) -> list[I64]:
    """Of scores [q, g] the best items of each row, best first, without the one that is left out."""
    orders = np.argsort(-scored, axis=1, kind="stable")[:, : shown + 1]
    return [order[order != each][:shown] for order, each in zip(orders, own, strict=True)]
