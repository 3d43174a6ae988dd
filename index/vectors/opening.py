"""Where a vector table is searched."""

from index.vectors.base import VectorIndex
from models.features.running import Device


def on_device(index: VectorIndex, device: Device) -> VectorIndex:
    """The table as it is searched on a device: on a GPU where there is one, with a warning where there is none."""
    if device == "cpu":
        return index
    from index.vectors.gpu_opening import on_gpu  # which loads FAISS or torch

    return on_gpu(index)
