"""A training step of AVCA, against the structure of the published loop, and against nothing but its matrix products."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from benchmarks.contest import Contest
from benchmarks.products import products
from benchmarks.published_avca import Loop, Network, halves
from models.methods import avca, build
from models.methods.base import GradientMethod, total
from tests.tiny.world import world
from training.descent import _Steps
from training.fit import threaded
from training.recipe import Recipe, named
from training.sampling import Sampler
from training.splits import TrainingSet

CLOSE = 1e-5
"""Of two losses of the same weights, relative to their size."""


@dataclass(frozen=True, slots=True)
class AVCAStep:
    """So many steps by the recipe for UCF-GZSL, on so many clips, with so many threads and loader's workers.

    Some batches are ready at the start of the published loop's turn, as its workers go on in between: the more steps,
    the less that counts.
    """

    name: ClassVar[str] = "AVCA"
    steps: int = 20
    clips: int = 3174
    threads: int = 1
    workers: int = 2

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """Both loops are in the middle of their training, the published one's workers running."""
        recipe = named("avca", on="ucf-gzsl")
        training = world(seen=30, unseen=12, clips=max(self.clips // 30, 1), audio=512, video=512, text=300).training
        _check(recipe, training)
        multiplied, step = products(recipe, training), _step(recipe, training)
        published = Loop(recipe, training, workers=self.workers).step
        ours, theirs, alone = (
            f"{self.steps} steps, batch {recipe.batch}, threads: {self.threads}",
            f"as many of the published loop, workers: {self.workers}",
            f"their {len(multiplied)} products a step",
        )
        with threaded(self.threads):
            yield Contest(
                ways={
                    ours: self._repeated(step),
                    theirs: self._repeated(published),
                    alone: self._repeated(lambda: [torch.mm(left, right) for left, right in multiplied]),
                },
                pairs=[(ours, theirs), (ours, alone)],
            )

    def _repeated(self, step: Callable[[], object]) -> Callable[[], None]:
        def steps() -> None:
            for _ in range(self.steps):
                step()

        return steps


def _step(recipe: Recipe, training: TrainingSet) -> Callable[[], object]:
    """A step as `training.descent` takes it, its draw included."""
    method, here = build(recipe.method, training.task, recipe.options), torch.device("cpu")
    assert isinstance(method, GradientMethod), "a step is measured of a method that takes steps"
    (phase,) = method.train().phases()
    steps = _Steps(method, phase, recipe, here)
    sampler = Sampler(training, batch=recipe.batch, seed=recipe.seed, device=here)
    return lambda: steps.step(sampler, 0)


def _check(recipe: Recipe, training: TrainingSet) -> None:
    """That the published loop's loss is ours, for the same weights and without dropout."""
    without = {f"{each}_dropout": 0.0 for each in ("encoder", "projection", "decoder")}
    method = build("avca", training.task, recipe.options | without)
    assert isinstance(method, avca.AVCA), "its name is avca"
    network = Network(training.widths, method.options)
    with torch.no_grad():
        for theirs, ours in zip(_tensors(network), _tensors(method), strict=True):
            theirs.copy_(ours)
        batch = Sampler(training, batch=recipe.batch, seed=0, device=torch.device("cpu")).draw()
        ours, theirs = total(method.terms(batch), recipe.weights), network.loss(*halves(batch))
    if not torch.isclose(ours, theirs, rtol=CLOSE, atol=0):
        raise ValueError(f"the published loop's loss is {theirs:.6f}, ours {ours:.6f}")


def _tensors(module: nn.Module) -> list[Tensor]:
    """What a step's loss depends on, in order."""
    positions = [each for name, each in module.named_buffers() if name.endswith("positions")]
    return [*module.parameters(), *positions]
