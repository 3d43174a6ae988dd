"""A training step of AVGZSLNet, against nothing but its matrix products."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.contest import Contest
from models.methods import build
from models.methods.base import GradientMethod, total
from tests.tiny.world import world
from training.fit import fit, threaded
from training.recipe import Recipe, named
from training.sampling import Sampler
from training.splits import TrainingSet

SIDE = 1024
"""Of the square matrix that the machine's own rate is measured with."""

Product = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """An epoch of so many steps by the demo's recipe, on one thread."""

    name: ClassVar[str] = "training"
    steps: int = 25

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """The loop as it is, drawing, optimiser and the epoch's validation included; the products of as many steps."""
        made = world()
        recipe = named("avgzslnet", on="demo").model_copy(update={"epochs": 1, "steps_per_epoch": self.steps})
        products = _products(recipe, made.training)
        numbers = sum(left.shape[0] * left.shape[1] * right.shape[1] for left, right in products)
        tall, square = torch.rand(max(numbers // SIDE**2, 1), SIDE), torch.rand(SIDE, SIDE)
        ours = f"epoch of {self.steps} steps, batch {recipe.batch}"
        alone, best = f"its {len(products)} products a step", "as much in one large product a step"
        with threaded(1):
            yield Contest(
                ways={
                    ours: lambda: fit(recipe, made.training, validation=made.validation, report=lambda _: None),
                    alone: self._repeated(lambda: [torch.mm(left, right) for left, right in products]),
                    best: self._repeated(lambda: torch.mm(tall, square)),
                },
                pairs=[(ours, alone), (ours, best)],
            )

    def _repeated(self, step: Callable[[], object]) -> Callable[[], None]:
        def epoch() -> None:
            for _ in range(self.steps):
                step()

        return epoch


def _products(recipe: Recipe, training: TrainingSet) -> list[Product]:
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
