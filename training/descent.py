"""The training loop: draws, steps, validates, and keeps the best epoch."""

import copy
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Adam, Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from models.errors import RecipeInvalid, TrainingDiverged
from models.methods.base import GradientMethod, Phase, Turn, total
from training import parallel
from training.checkpoint import Checkpoint
from training.progress import Fitted, Progress, better
from training.protocol import Protocol
from training.recipe import Recipe
from training.sampling import Sampler
from training.splits import Split, TrainingSet
from training.validation import validate


class Descent:
    """What changes from step to step: weights, the optimisers' memory, the best epoch so far."""

    def __init__(
        self,
        method: GradientMethod,
        recipe: Recipe,
        training: TrainingSet,
        *,
        protocol: Protocol,
        last_epoch: int | None,
        device: torch.device,
    ) -> None:
        self._method, self._recipe, self._training, self._protocol = method, recipe, training, protocol
        self._last_epoch = last_epoch
        self._device = device
        self._phases = phases_of(method, recipe)
        self._lengths = [recipe.phase_epochs.get(phase.name, recipe.epochs) for phase in self._phases]
        if last_epoch is not None:
            self._lengths[-1] = last_epoch
        self._sampler = Sampler(
            training,
            batch=parallel.share(recipe.batch),
            seed=recipe.seed + parallel.rank(),
            device=device,
            sampling=recipe.sampling,
        )
        self._history: list[Progress] = []
        self._best: Progress | None = None
        self._best_weights: dict[str, Tensor] = {}
        parallel.same_weights(method)
        parallel.own_numbers(recipe.seed)

    def train(self, validation: Split, report: Callable[[Progress], None], checkpoint: Checkpoint | None) -> Fitted:
        """Every phase, every epoch, from where the checkpoint left off; the method with the weights to keep."""
        stored = None if checkpoint is None else checkpoint.read()
        for number, phase in enumerate(self._phases):
            if stored is not None and number < stored["phase"]:
                continue
            steps = _Steps(self._method, phase, self._recipe, self._device)
            start = self._resume(stored, steps) if stored is not None and number == stored["phase"] else 0
            for epoch in self._epochs(number, start):
                self._report(self._epoch(steps, number, epoch, validation), report)
                if checkpoint is not None:
                    self._remember(checkpoint, self._state(steps, number, epoch))
        assert self._best is not None, "a recipe has at least one epoch"
        self._method.load_state_dict(self._best_weights)
        method = self._method.eval()
        return Fitted(method, self._recipe, self._protocol, self._training, self._best, tuple(self._history))

    def _epochs(self, number: int, start: int) -> Iterator[int]:
        """The epochs left of a phase, until they are over or validation has long not got better."""
        for epoch in range(start + 1, self._lengths[number] + 1):
            if self._recipe.stop_after is not None and self._stale(self._phases[number]) >= self._recipe.stop_after:
                return
            yield epoch

    def _stale(self, phase: Phase) -> int:
        """How many epochs ago the phase was at its best."""
        merits = [each.merit for each in self._history if each.phase == phase.name]
        return len(merits) - 1 - merits.index(max(merits)) if merits else 0

    def _epoch(self, steps: "_Steps", number: int, epoch: int, validation: Split) -> Progress:
        phase, epochs, rate = self._phases[number], self._lengths[number], steps.learning_rate
        if epoch == 1:
            phase.begin()
        started = perf_counter()
        loss = self._train_epoch(steps, epoch)
        speed = self._recipe.batch * steps.in_epoch / (perf_counter() - started)
        parallel.same_statistics(self._method)
        outcome = validate(self._method, validation, self._protocol)
        left = epochs - epoch + sum(self._lengths[number + 1 :])
        progress = Progress(phase.name, epoch, epochs, left, loss, rate, speed, outcome)
        steps.schedule(progress.merit, epoch)
        self._history.append(progress)
        if phase is self._phases[-1]:
            self._keep(progress)
        return progress

    def _train_epoch(self, steps: "_Steps", epoch: int) -> float:
        """An epoch's steps; its mean loss."""
        self._method.train()
        losses = torch.stack([steps.step(self._sampler, number) for number in range(steps.in_epoch)])
        # Looked at once an epoch, as a look at every step would make a GPU wait for it.
        if not (finite := losses.isfinite()).all():
            step = int(finite.logical_not().nonzero()[0]) + 1
            raise TrainingDiverged(
                f"the loss is {losses[step - 1].item()} at epoch {epoch}, step {step}; try a lower rate"
            )
        return losses.mean().item()

    def _remember(self, checkpoint: Checkpoint, state: dict[str, Any]) -> None:
        if parallel.rank() == 0:
            checkpoint.write(state)

    def _report(self, progress: Progress, report: Callable[[Progress], None]) -> None:
        if parallel.rank() == 0:
            report(progress)

    def _keep(self, progress: Progress) -> None:
        if self._last_epoch is not None or better(progress, self._best, self._protocol):
            self._best = progress
            self._best_weights = copy.deepcopy(self._method.state_dict())

    def _state(self, steps: "_Steps", phase: int, epoch: int) -> dict[str, Any]:
        """All that the rest of the run depends on."""
        return {
            "phase": phase,
            "epoch": epoch,
            "weights": self._method.state_dict(),
            "steps": steps.state(),
            "random": parallel.of_all(self._random()),
            "best_weights": self._best_weights,
            "best": None if self._best is None else self._history.index(self._best),
            "history": Checkpoint.text(self._history),
        }

    def _random(self) -> dict[str, Tensor]:
        """What this process's next random numbers depend on."""
        known = {"sampler": self._sampler.state, "cpu": torch.get_rng_state()}
        if self._device.type == "cuda":
            known["cuda"] = torch.cuda.get_rng_state(self._device)
        # In the processor's memory, so that another process, which may have another device, can keep them.
        return {name: state.cpu() for name, state in known.items()}

    def _resume(self, stored: Mapping[str, Any], steps: "_Steps") -> int:
        """Take a checkpoint's state; the epoch it was written after."""
        self._method.load_state_dict(stored["weights"])
        steps.load(stored["steps"])
        random = stored["random"][parallel.rank()]
        self._sampler.state = random["sampler"]
        torch.set_rng_state(random["cpu"])
        if "cuda" in random:
            torch.cuda.set_rng_state(random["cuda"], self._device)
        self._history = Checkpoint.history(stored["history"])
        self._best_weights = stored["best_weights"]
        self._best = None if stored["best"] is None else self._history[stored["best"]]
        return int(stored["epoch"])


class _Steps:
    """The updates of one phase: an optimiser and its schedule a turn."""

    def __init__(self, method: GradientMethod, phase: Phase, recipe: Recipe, device: torch.device) -> None:
        self._method, self._turns, self._weights = method, phase.turns, recipe.weights
        self.in_epoch = recipe.phase_steps.get(phase.name, recipe.steps_per_epoch)
        self._cast = torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16")
        self._optimisers = [_optimiser(turn, recipe) for turn in phase.turns]
        self._schedules = [] if recipe.plateau is None else [_plateau(each, recipe) for each in self._optimisers]
        self._milestones = recipe.milestones

    @property
    def learning_rate(self) -> float:
        """Of the first turn."""
        return float(self._optimisers[0].param_groups[0]["lr"])

    def step(self, sampler: Sampler, number: int) -> Tensor:
        """One draw and the updates due in step `number` of an epoch, from 0; the sum of their losses."""
        batch = sampler.draw()
        losses = []
        for turn, optimiser in zip(self._turns, self._optimisers, strict=True):
            if number % turn.every:
                continue
            with self._cast:
                terms = turn.terms(batch)
                loss = total(terms, {name: self._weights[name] for name in terms})
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss, inputs=list(turn.parameters))
            parallel.average_gradients(turn.parameters)
            optimiser.step()
            losses.append(loss.detach())
        with torch.no_grad():
            self._method.after_step(batch)
        return torch.stack(losses).sum()

    def schedule(self, merit: float, epoch: int) -> None:
        """Lower the rates where validation no longer gets better, and after epochs that are milestones."""
        for each in self._schedules:
            each.step(merit)
        # The optimisers remember their rates, so that milestones have no state of their own to resume.
        if epoch in self._milestones.after:
            for group in chain.from_iterable(each.param_groups for each in self._optimisers):
                group["lr"] *= self._milestones.factor

    def state(self) -> dict[str, Any]:
        """What optimisers and schedules remember."""
        return {
            "optimisers": [each.state_dict() for each in self._optimisers],
            "schedules": [each.state_dict() for each in self._schedules],
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Remember what `state` said."""
        for optimiser, remembered in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(remembered)
        for schedule, remembered in zip(self._schedules, state["schedules"], strict=True):
            schedule.load_state_dict(remembered)


def phases_of(method: GradientMethod, recipe: Recipe) -> tuple[Phase, ...]:
    """The method's phases; raises RecipeInvalid where the recipe is about one that there is not."""
    phases = method.phases()
    known = [phase.name for phase in phases]
    for key, named in (("phase_epochs", recipe.phase_epochs), ("phase_steps", recipe.phase_steps)):
        if odd := sorted(named.keys() - set(known)):
            raise RecipeInvalid(f"{key}.{odd[0]}: {recipe.method} has no such phase; it has {', '.join(known)}")
    return phases


def _optimiser(turn: Turn, recipe: Recipe) -> Optimizer:
    chosen = recipe.optimiser
    if chosen.kind == "sgd":
        rate, decay, momentum = chosen.learning_rate, chosen.weight_decay, chosen.momentum
        return SGD(turn.parameters, lr=rate, weight_decay=decay, momentum=momentum)
    return Adam(
        turn.parameters, lr=chosen.learning_rate, weight_decay=chosen.weight_decay, betas=chosen.betas, fused=True
    )


def _plateau(optimiser: Optimizer, recipe: Recipe) -> ReduceLROnPlateau:
    assert recipe.plateau is not None
    return ReduceLROnPlateau(optimiser, mode="max", factor=recipe.plateau.factor, patience=recipe.plateau.patience)
