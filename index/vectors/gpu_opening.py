"""By which library tables are searched on the GPU that is here: FAISS, or torch where FAISS has nothing for GPUs."""

import logging
from functools import cache
from importlib.util import find_spec

from index.vectors import gpu_device
from index.vectors.base import VectorIndex
from index.vectors.gpu_device import FaissDevice, Fill, Kind
from index.vectors.gpu_store import GpuIndex

logger = logging.getLogger(__name__)


def on_gpu(host: VectorIndex, *, kind: Kind | None = None) -> VectorIndex:
    """The host table searched on a GPU, or as it is, with a warning that says why, where none can be used.

    Torch looks at every vector, whatever the kind.
    """
    try:
        if (without_faiss := gpu_device.missing()) is None:
            return GpuIndex(host, kind=kind, fill=FaissDevice)
        if (without_torch := _torch_lacks()) is None:
            _say(logging.INFO, f"vectors are searched on the GPU by torch: {without_faiss}")
            return GpuIndex(host, kind="flat", fill=_torch_fill())
    except RuntimeError as error:
        _say(logging.WARNING, f"vectors are searched on the CPU: the GPU did not take the table: {error}")
        return host
    _say(logging.WARNING, f"vectors are searched on the CPU: {without_faiss}, and {without_torch}")
    return host


def _torch_lacks() -> str | None:
    """Why torch can use no GPU; None where it can."""
    if find_spec("torch") is None:
        return "torch is not installed"
    from index.vectors import torch_device  # here, as nothing else of the service needs torch

    return torch_device.missing()


def _torch_fill() -> Fill:
    from index.vectors.torch_device import TorchDevice

    return TorchDevice


@cache
def _say(level: int, what: str) -> None:
    """Once a process, however many tables are opened."""
    logger.log(level, what)
