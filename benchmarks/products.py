"""The matrix products of a training step: what it can never be faster than."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from models.methods import build
from models.methods.base import GradientMethod, total
from training.recipe import Recipe
from training.sampling import Sampler
from training.splits import TrainingSet

Product = tuple[Tensor, Tensor]


def products(recipe: Recipe, training: TrainingSet) -> list[Product]:
    """The operands of every matrix product of one step, forward and backward."""
    method = build(recipe.method, training.task, recipe.options)
    assert isinstance(method, GradientMethod), "a step is measured of a method that takes steps"
    batch = Sampler(training, batch=recipe.batch, seed=0, device=torch.device("cpu")).draw()
    recorder = _Recorder()
    with recorder:
        torch.autograd.backward(total(method.terms(batch), recipe.weights))
    return recorder.products


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's
    """Notes copies of what is multiplied, laid out in memory as it was."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's
        self.products: list[Product] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func in (torch.ops.aten.mm.default, torch.ops.aten.addmm.default):
            left, right = args[-2:]
            self.products.append((left.detach().clone(), right.detach().clone()))
        return func(*args, **(kwargs or {}))
