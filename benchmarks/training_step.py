"""A training step of AVGZSLNet, against nothing but its matrix products."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import torch

from benchmarks.contest import Contest
from benchmarks.products import products
from tests.tiny.world import world
from training.fit import fit, threaded
from training.recipe import named

SIDE = 1024
"""Of the square matrix that the machine's own rate is measured with."""


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
        multiplied = products(recipe, made.training)
        numbers = sum(left.shape[0] * left.shape[1] * right.shape[1] for left, right in multiplied)
        tall, square = torch.rand(max(numbers // SIDE**2, 1), SIDE), torch.rand(SIDE, SIDE)
        ours = f"epoch of {self.steps} steps, batch {recipe.batch}"
        alone, best = f"its {len(multiplied)} products a step", "as much in one large product a step"
        with threaded(1):
            yield Contest(
                ways={
                    ours: lambda: fit(recipe, made.training, validation=made.validation, report=lambda _: None),
                    alone: self._repeated(lambda: [torch.mm(left, right) for left, right in multiplied]),
                    best: self._repeated(lambda: torch.mm(tall, square)),
                },
                pairs=[(ours, alone), (ours, best)],
            )

    def _repeated(self, step: Callable[[], object]) -> Callable[[], None]:
        def epoch() -> None:
            for _ in range(self.steps):
                step()

        return epoch
