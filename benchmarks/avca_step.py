"""A training step of AVCA, against the structure of the published loop, and against nothing but its matrix products."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.contest import Contest
from benchmarks.products import products
from benchmarks.published_avca import Loop, Network, halves
from models.methods import avca, build
from models.methods.base import total
from tests.tiny.world import world
from training.fit import fit, threaded
from training.recipe import Recipe, named
from training.sampling import Sampler
from training.splits import FeatureSet, Split, TrainingSet

CLOSE = 1e-5
"""Of two losses of the same weights, relative to their size."""


@dataclass(frozen=True, slots=True)
class AVCAStep:
    """An epoch of so many steps by the recipe for UCF-GZSL, on so many clips, with so many threads and workers."""

    name: ClassVar[str] = "AVCA"
    steps: int = 6
    clips: int = 3174
    threads: int = 1
    workers: int = 2

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """Ours draws, steps and validates, on a clip a class; the published loop's workers are running already."""
        recipe = named("avca", on="ucf-gzsl").model_copy(update={"epochs": 1, "steps_per_epoch": self.steps})
        made = world(seen=30, unseen=12, clips=max(self.clips // 30, 1), audio=512, video=512, text=300)
        _check(recipe, made.training)
        validation, multiplied = _one_a_class(made.validation), products(recipe, made.training)
        ours, alone = f"epoch of {self.steps} steps, batch {recipe.batch}", f"its {len(multiplied)} products a step"
        published = f"as many of the published loop, {self.workers} workers"
        loop = Loop(recipe, made.training, workers=self.workers)
        with threaded(self.threads):
            yield Contest(
                ways={
                    ours: lambda: fit(
                        recipe, made.training, validation=validation, report=lambda _: None, threads=self.threads
                    ),
                    published: lambda: [loop.step() for _ in range(self.steps)],
                    alone: lambda: [torch.mm(left, right) for _ in range(self.steps) for left, right in multiplied],
                },
                pairs=[(ours, published), (ours, alone)],
            )


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


def _one_a_class(split: Split) -> Split:
    """The first clip of every class."""
    given = split.features
    rows = np.unique(given.label, return_index=True)[1]
    return Split(FeatureSet(given.audio[rows], given.video[rows], given.label[rows]), split.classes)
