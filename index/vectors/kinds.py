"""Which kinds of table can be built, what is asked of one, and what its building found."""

from collections.abc import Callable, Mapping
from typing import Literal

from pydantic import Field

from index.vectors.milvus_address import Address
from models.bundle.manifest import Frozen
from models.features.running import Device
from models.types import Metric

Kind = Literal["flat", "hnsw", "ivfpq"]
"""Every vector looked at; a graph; inverted lists of product codes, the best of which are scored exactly."""

QueriesFrom = Literal["given", "vectors", "none"]
"""Where the queries came from by which recall was measured: the caller, the vectors themselves, or nowhere."""


EXACT = "exact", "flat"
"""The kinds that look at every vector."""


Stage = Callable[[str], None]
"""Told what building does now, as "adding rows 0 to 65536", every few seconds."""


def untold(stage: str) -> None:
    """Nobody wants to know."""


class IndexOptions(Frozen):
    """What is asked of a table: its kind, the recall that it must reach against exact search, and where it is searched.

    `auto` is flat up to `exact_up_to` numbers (vectors times dimensions), where one query takes about 2 ms at most on
    one core of 2026, and ivfpq above. On a `gpu`, a flat table stays on the host, which answers what the device cannot.
    Where there is a `milvus`, the tables of new generations are collections there, which it searches as it sees fit.
    """

    kind: Kind | Literal["auto"] = "auto"
    recall: float = Field(default=0.99, gt=0, le=1)
    at: int = Field(default=10, ge=1, le=1000)
    exact_up_to: int = Field(default=5_000_000, ge=0)
    device: Device = "cpu"
    milvus: Address | None = None

    def wanted(self, vectors: int, dim: int) -> Kind:
        """The kind for so many vectors of this width."""
        if self.device == "gpu":
            return "flat"
        if self.kind != "auto":
            return self.kind
        return "flat" if vectors * dim <= self.exact_up_to else "ivfpq"


class Near(Frozen):
    """What a structure goes by: the first `dim` numbers of every vector, compared by a metric.

    The exact score, by all numbers and the table's own metric, then ranks what the structure proposes. Vectors that end
    in biases are found so: by their nearness, which has a shape to be learnt, and not by a product that has none.
    """

    dim: int = Field(gt=0)
    metric: Metric


class Report(Frozen):
    """What was built and why: `recall` at `at` as measured over so many `queries`, 1 by definition where exact."""

    kind: str
    parameters: Mapping[str, int]
    recall: float
    at: int
    queries: int
    queries_from: QueriesFrom
    vectors: int
    took_s: float
    reason: str


def exact_report(kind: str, *, vectors: int, at: int, reason: str) -> Report:
    """Of a table that looks at every vector: nothing to measure."""
    return Report(
        kind=kind,
        parameters={},
        recall=1.0,
        at=at,
        queries=0,
        queries_from="none",
        vectors=vectors,
        took_s=0.0,
        reason=reason,
    )
