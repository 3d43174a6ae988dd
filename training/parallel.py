"""Training by several processes that torchrun started; each draws its share of a batch. Alone, nothing happens."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import distributed, nn

from models.errors import RecipeInvalid


@contextmanager
def joined() -> Iterator[None]:
    """Joins the other processes where torchrun started this one: by nccl on GPUs, else by gloo."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield
        return
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield
    finally:
        distributed.destroy_process_group()


def rank() -> int:
    """Which of the processes this is; 0 alone."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def share(batch: int) -> int:
    """How much of a batch this process draws."""
    processes = distributed.get_world_size() if distributed.is_initialized() else 1
    if batch % processes:
        raise RecipeInvalid(f"a batch of {batch} cannot be shared by {processes} processes")
    return batch // processes


def same_weights(module: nn.Module) -> None:
    """Give every process the weights of the first."""
    _send(tensor for tensor in module.state_dict().values())


def same_statistics(module: nn.Module) -> None:
    """Give every process the batch norms' statistics of the first."""
    _send(module.buffers())


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Make every gradient the mean of all processes' gradients."""
    if not distributed.is_initialized():
        return
    for each in parameters:
        if each.grad is not None:
            distributed.all_reduce(each.grad)
            each.grad /= distributed.get_world_size()


def _send(tensors: Iterable[torch.Tensor]) -> None:
    if distributed.is_initialized():
        for each in tensors:
            distributed.broadcast(each, src=0)
