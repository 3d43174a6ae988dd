"""What is put after something that is too short."""

import torch
from torch import Tensor
from torch.nn.functional import pad


def at_least(values: Tensor, length: int, *, dim: int) -> Tensor:
    """Values with as many zeros after them as that dimension lacks of `length`; in a graph, at any length."""
    # Python's `max` would be decided once, when the graph is traced.
    lacking = torch.sym_max(length - values.shape[dim], 0)  # type: ignore[no-untyped-call]
    inner = [0, 0] * (values.ndim - 1 - dim)
    return pad(values, (*inner, 0, lacking))
