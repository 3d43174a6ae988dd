"""Which index a vector table gets."""

from importlib.util import find_spec

from index.vectors.base import VectorIndex
from index.vectors.exact import ExactIndex
from index.vectors.kinds import Device
from models.types import Metric


def on_device(index: VectorIndex, device: Device) -> VectorIndex:
    """The table as it is searched on a device: on a GPU where there is one, with a warning where there is none."""
    if device == "cpu":
        return index
    from index.vectors.gpu_store import on_gpu

    return on_gpu(index)


def open_index(dim: int, metric: Metric) -> VectorIndex:
    """An empty exact index: by FAISS where it is installed, by numpy elsewhere; both give the same answers."""
    if find_spec("faiss") is None:
        return ExactIndex(dim, metric)
    from index.vectors.faiss_store import FaissIndex  # the one owner of faiss, loaded only when there is one

    return FaissIndex(dim, metric)
