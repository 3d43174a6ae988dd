"""What holds vectors on a GPU: FAISS' indexes there, made where its wheel has them."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Literal, Protocol

import numpy as np

from models.types import F32, I64, Metric

Kind = Literal["flat", "ivf", "cagra"]
"""How the device searches: every vector, the nearest of some lists, or a graph."""

LISTED = 1_000_000
"""From so many vectors lists are searched where there is no graph."""
PROBED = 2_048
"""The most lists that FAISS visits on a GPU."""


class Device(Protocol):
    """Vectors by row on a device, used by one thread; `grows` says whether rows can be added."""

    grows: bool

    def search(self, queries: F32, k: int) -> tuple[F32, I64]: ...
    def add(self, vectors: F32) -> None: ...


Fill = Callable[[Kind, F32, Metric], Device]
"""Puts vectors [n, d] on a device."""


class FaissDevice:
    """A FAISS GPU index and its resources, which belong to the thread that makes it."""

    def __init__(self, kind: Kind, vectors: F32, metric: Metric) -> None:
        self.grows = kind != "cagra"
        self._vectors = vectors if kind == "cagra" else None  # a graph keeps a bare pointer to them
        self._resources = _faiss().StandardGpuResources()
        self._index = BUILD[kind](self._resources, vectors, metric)
        self._parameters = _beam if kind == "cagra" else lambda _: None

    def search(self, queries: F32, k: int) -> tuple[F32, I64]:
        """Distances and rows [q, k] for queries [q, d], best first."""
        distances, rows = self._index.search(np.ascontiguousarray(queries), k, params=self._parameters(k))
        return distances, rows

    def add(self, vectors: F32) -> None:
        """Append vectors [n, d]; their rows go on from the last."""
        self._index.add(np.ascontiguousarray(vectors))


def missing() -> str | None:
    """Why no GPU can be used; None where one can."""
    if find_spec("faiss") is None:
        return "FAISS is not installed"
    if not hasattr(_faiss(), "StandardGpuResources"):
        return "FAISS is installed without GPU support: pip install 'sightsound[gpu]'"
    return None if _faiss().get_num_gpus() else "FAISS sees no GPU"


def suited(count: int) -> Kind:
    """The kind for so many vectors, by what this FAISS has."""
    if hasattr(_faiss(), "GpuIndexCagra"):
        return "cagra"
    return "ivf" if count >= LISTED else "flat"


def _faiss() -> Any:
    import faiss  # here, so that tables can be opened without it

    return faiss


def _flat(resources: Any, vectors: F32, metric: Metric) -> Any:
    kind = _faiss().GpuIndexFlatL2 if metric is Metric.EUCLIDEAN else _faiss().GpuIndexFlatIP
    index = kind(resources, vectors.shape[1])
    if len(vectors):
        index.add(np.ascontiguousarray(vectors))
    return index


def _lists(resources: Any, vectors: F32, metric: Metric) -> Any:
    lists = int(4 * np.sqrt(len(vectors)))
    index = _faiss().GpuIndexIVFFlat(resources, vectors.shape[1], lists, _metric(metric))
    index.nprobe = max(1, min(lists // 16, PROBED))
    index.train(np.ascontiguousarray(vectors))
    index.add(np.ascontiguousarray(vectors))
    return index


def _graph(resources: Any, vectors: F32, metric: Metric) -> Any:
    index = _faiss().GpuIndexCagra(resources, vectors.shape[1], _metric(metric))
    index.train(np.ascontiguousarray(vectors))  # the graph is over what it is trained on: nothing is added
    return index


def _beam(k: int) -> Any:
    """How wide a graph is searched for `k` hits: at least as many are kept on the way, in steps of 32."""
    parameters = _faiss().SearchParametersCagra()
    parameters.itopk_size = max(64, -(-k // 32) * 32)
    return parameters


def _metric(metric: Metric) -> int:
    return int(_faiss().METRIC_L2 if metric is Metric.EUCLIDEAN else _faiss().METRIC_INNER_PRODUCT)


BUILD: dict[Kind, Callable[[Any, F32, Metric], Any]] = {"flat": _flat, "ivf": _lists, "cagra": _graph}
