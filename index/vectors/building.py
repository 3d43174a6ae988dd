"""Vector tables built from all their vectors at once."""

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from index.vectors.base import VectorIndex, check_new_ids, check_vectors
from index.vectors.exact import ExactIndex
from index.vectors.kinds import IndexOptions, Near, Report, Stage, exact_report, untold
from index.vectors.rows import ordered
from models.scoring import normalised
from models.types import F32, I64, Metric

ROWS = 65_536
"""How many vectors are copied at once, in float64 on their way to unit length."""


@dataclass(frozen=True, slots=True)
class Built:
    """A vector table and what its building found."""

    index: VectorIndex
    report: Report


def build(
    ids: I64,
    vectors: F32,
    *,
    metric: Metric,
    queries: F32 | None = None,
    options: IndexOptions | None = None,
    near: Near | None = None,
    watch: Stage = untold,
) -> Built:
    """A table of vectors [n, d] under ids [n], of the kind that the options want and that reaches their recall.

    `queries` [q, d] are what recall is measured by: such as will be asked, for those of another sense lie elsewhere
    than the vectors. Without them it is measured by the vectors themselves, and the report says so. The same input
    gives the same table. Takes a copy of the vectors and, on top, some 25 bytes a vector for inverted lists of 64
    dimensions, or once more the vectors and 150 bytes for a graph. Refuses what `add` refuses.

    An approximate table goes by what is `near`, by default by all numbers and the metric. `watch` is called between the
    stages; what it raises ends the building.
    """
    check_vectors(vectors, vectors.shape[-1])
    check_new_ids(ids, len(vectors), lambda new: np.zeros(len(new), np.bool_))
    watch(f"copying {len(ids)} vectors")
    order = np.arange(len(ids)) if ordered(ids) else np.argsort(ids)
    wanted, kept = options or IndexOptions(), _prepared(vectors, metric, order)
    if queries is not None:
        check_vectors(queries, vectors.shape[1])
        queries = _prepared(queries, metric, np.arange(len(queries)))
    if find_spec("faiss") is None:
        return _by_numpy(ids[order], kept, metric=metric, options=wanted)
    return _by_faiss(ids[order], kept, metric=metric, queries=queries, options=wanted, near=near, watch=watch)


def _by_faiss(
    ids: I64,
    vectors: F32,
    *,
    metric: Metric,
    queries: F32 | None,
    options: IndexOptions,
    near: Near | None,
    watch: Stage,
) -> Built:
    from index.vectors.faiss_store import FaissIndex  # loaded only where there is FAISS
    from index.vectors.part import Part
    from index.vectors.sealing import seal

    sealed, report = seal(Part(ids, vectors, metric), queries, options, near=near, watch=watch)
    return Built(FaissIndex(vectors.shape[1], metric, sealed=sealed), report)


def _by_numpy(ids: I64, vectors: F32, *, metric: Metric, options: IndexOptions) -> Built:
    index = ExactIndex(vectors.shape[1], metric, rows=(ids, vectors))
    reason = "FAISS is not installed: exact search by numpy"
    return Built(index, exact_report(index.kind, vectors=len(ids), at=options.at, reason=reason))


def _prepared(vectors: F32, metric: Metric, order: I64) -> F32:
    """A copy in this order, of unit length where the metric is cosine; a block at a time, to hold no second one."""
    copy = np.empty(vectors.shape, np.float32)
    for start in range(0, len(order), ROWS):
        block = vectors[order[start : start + ROWS]]
        copy[start : start + ROWS] = normalised(block) if metric is Metric.COSINE else block
    return copy
