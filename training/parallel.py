"""Training by several processes that torchrun started; each draws its share of a batch. Alone, nothing happens."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
from torch import distributed, nn

from models.errors import RecipeInvalid

T = TypeVar("T")

PATIENCE = timedelta(days=7)
"""How long processes wait for one another: the first may decode clips for hours while the others do nothing."""


@contextmanager
def joined(device: str = "cpu") -> Iterator[None]:
    """Joins the other processes where torchrun started this one: by nccl on GPUs, one each, else by gloo."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield
        return
    on_gpu = device != "cpu"
    if on_gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if on_gpu else "gloo", timeout=PATIENCE)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def rank() -> int:
    """Which of the processes this is; 0 alone."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def processes() -> int:
    """How many there are; 1 alone."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def of_first(make: Callable[[], T]) -> T:
    """What the first process makes, in all of them."""
    if not distributed.is_initialized():
        return make()
    made = [make() if rank() == 0 else None]
    distributed.broadcast_object_list(made, src=0)
    return made[0]  # type: ignore[return-value]


def of_all(own: T) -> list[T]:
    """What every process has, by rank, in all of them."""
    if not distributed.is_initialized():
        return [own]
    found: list[T | None] = [None] * processes()
    distributed.all_gather_object(found, own)
    return found  # type: ignore[return-value]


def own_numbers(seed: int) -> None:
    """Give every process but the first random numbers of its own: dropout would leave out the same in all."""
    if rank():
        torch.manual_seed(seed + rank())


def share(batch: int) -> int:
    """How much of a batch this process draws."""
    if batch % processes():
        raise RecipeInvalid(f"a batch of {batch} cannot be shared by {processes()} processes")
    return batch // processes()


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
