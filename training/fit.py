"""The training loop: draws, steps, validates, and keeps the best epoch. It knows no method's name."""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from models.bundle.manifest import Channel
from models.calibration import Stacking
from models.errors import RecipeInvalid
from models.methods import build
from models.methods.base import Method, total
from training.recipe import Recipe
from training.sampling import Sampler
from training.splits import Split, TrainingSet
from training.validation import validate

Outcome = Mapping[Channel, Stacking]


@dataclass(frozen=True, slots=True)
class Progress:
    """An epoch that is over: `epoch` of `epochs`, counted from 1, its mean loss and its validation."""

    epoch: int
    epochs: int
    loss: float
    learning_rate: float
    validation: Outcome

    @property
    def harmonic_mean(self) -> float:
        """The validation harmonic mean that epochs are chosen by: with both modalities."""
        return self.validation["av"].harmonic_mean


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained method, in evaluation mode, with the weights of its best epoch, and how it came about."""

    method: Method
    recipe: Recipe
    training: TrainingSet
    best: Progress
    history: tuple[Progress, ...]

    @property
    def betas(self) -> dict[Channel, float]:
        """The beta of calibrated stacking that validation chose for each channel at the best epoch."""
        return {channel: stacking.beta for channel, stacking in self.best.validation.items()}


def fit(
    recipe: Recipe,
    features: TrainingSet,
    *,
    validation: Split,
    report: Callable[[Progress], None],
    device: str = "cpu",
    threads: int = 1,
) -> Fitted:
    """Train by a recipe; the same recipe, data, device and threads give the same weights.

    Args:
        features: seen classes only.
        validation: clips of seen and of unseen classes.
        report: called after every epoch.
        threads: of torch on the CPU. Networks of this size gain a tenth from a second one on idle cores, and
            take ten times as long on busy ones, where the threads spin while they wait for each other.

    Raises:
        RecipeInvalid: a loss became NaN or infinite, at the step named.
    """
    place = torch.device(device)
    with seeded(recipe.seed, place), threaded(threads):
        run = _Run(recipe, features, place)
        for epoch in range(1, recipe.epochs + 1):
            report(run.epoch(epoch, validation))
    return run.fitted(features)


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """torch's global random numbers from a seed, and as they were afterwards."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


@contextmanager
def threaded(threads: int) -> Iterator[None]:
    """So many of torch's threads, and as many as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Run:
    """What changes from step to step: weights, the optimiser's memory, the best epoch so far."""

    def __init__(self, recipe: Recipe, features: TrainingSet, device: torch.device) -> None:
        self._recipe = recipe
        self._method = build(recipe.method, features.widths, recipe.options).to(device)
        self._sampler = Sampler(features, batch=recipe.batch, seed=recipe.seed, device=device)
        self._adam = torch.optim.Adam(
            self._method.parameters(),
            lr=recipe.optimiser.learning_rate,
            weight_decay=recipe.optimiser.weight_decay,
            fused=True,
        )
        self._schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self._adam, mode="max", factor=recipe.plateau.factor, patience=recipe.plateau.patience
        )
        self._history: list[Progress] = []
        self._best: Progress | None = None
        self._best_weights: dict[str, Tensor] = {}

    def epoch(self, number: int, validation: Split) -> Progress:
        """Train for an epoch and validate."""
        rate = self._adam.param_groups[0]["lr"]
        loss = self._steps(number)
        outcome = validate(self._method, validation)
        progress = Progress(number, self._recipe.epochs, loss, rate, outcome)
        self._schedule.step(progress.harmonic_mean)
        self._keep(progress)
        return progress

    def fitted(self, features: TrainingSet) -> Fitted:
        """The method with its best weights."""
        assert self._best is not None, "a recipe has at least one epoch"
        self._method.load_state_dict(self._best_weights)
        return Fitted(self._method.eval(), self._recipe, features, self._best, tuple(self._history))

    def _steps(self, epoch: int) -> float:
        """An epoch's steps; its mean loss."""
        self._method.train()
        losses = torch.stack([self._step() for _ in range(self._recipe.steps_per_epoch)])
        # Looked at once an epoch, as a look at every step would make a GPU wait for it.
        if not (finite := losses.isfinite()).all():
            step = int(finite.logical_not().nonzero()[0]) + 1
            raise RecipeInvalid(
                f"the loss is {losses[step - 1].item()} at epoch {epoch}, step {step}; try a lower rate"
            )
        return losses.mean().item()

    def _step(self) -> Tensor:
        loss = total(self._method.terms(self._sampler.draw()), self._recipe.weights)
        self._adam.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self._adam.step()
        return loss.detach()

    def _keep(self, progress: Progress) -> None:
        self._history.append(progress)
        # On small validation sets many epochs are equally good; the one that fits training best is the surest.
        if self._best is None or _merit(progress) > _merit(self._best):
            self._best = progress
            self._best_weights = copy.deepcopy(self._method.state_dict())


def _merit(progress: Progress) -> tuple[float, float]:
    return progress.harmonic_mean, -progress.loss
