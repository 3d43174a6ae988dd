"""Training by a recipe, whichever way its method learns. Nothing here knows a method's name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from models.errors import TooLarge
from models.methods import build
from models.methods.base import GradientMethod
from training.checkpoint import Checkpoint
from training.closed_form import check_candidates, solve
from training.descent import Descent, phases_of
from training.device import device as found_device
from training.progress import Fitted, Progress
from training.protocol import OURS, Protocol
from training.recipe import Recipe
from training.splits import Split, TrainingSet

__all__ = ["check", "fit", "seeded", "threaded"]

NO_MEMORY = ("can't allocate memory", "ALLOC_FAILED")
"""What torch's errors of a processor's and of cuBLAS' memory say, which have no class of their own."""


def fit(
    recipe: Recipe,
    training: TrainingSet,
    *,
    validation: Split,
    report: Callable[[Progress], None],
    protocol: Protocol = OURS,
    last_epoch: int | None = None,
    checkpoint: Path | None = None,
    device: str = "cpu",
    threads: int = 1,
) -> Fitted:
    """Train by a recipe; the same recipe, data, device and threads give the same weights.

    Args:
        validation: clips that epochs, options and betas are chosen by, of seen and of unseen classes.
        report: called after every epoch.
        last_epoch: train the last phase for so many epochs and keep the last, instead of the best.
        checkpoint: a file that is rewritten after every epoch; a run that finds its own there goes on from it,
            to the same weights as if it had never stopped.
        threads: of torch on the CPU. Networks of this size gain a tenth from a second one on idle cores, and
            take ten times as long on busy ones, where the threads spin while they wait for each other.

    Raises:
        QueryInvalid: there is no such device.
        RecipeInvalid, TrainingDataInvalid: the method cannot learn from these samples by this recipe.
        TrainingDiverged: a loss became NaN or infinite, at the step named; the checkpoint keeps the epoch before.
        Conflict: the checkpoint is of another run.
        TooLarge: the device has too little memory.
    """
    place = found_device(device)
    with seeded(recipe.seed, place), threaded(threads), _memory(recipe, place):
        if not recipe.learns_by_steps:
            return solve(recipe, training, validation=validation, report=report, protocol=protocol, device=place)
        method = _built(recipe, training).to(place)
        run = Descent(method, recipe, training, protocol=protocol, last_epoch=last_epoch, device=place)
        kept = None
        if checkpoint is not None:
            kept = Checkpoint.of(
                checkpoint,
                recipe,
                training,
                validation=validation,
                protocol=protocol,
                last_epoch=last_epoch,
                device=place,
            )
        return run.train(validation, report, kept)


def check(recipe: Recipe, training: TrainingSet) -> None:
    """Raise RecipeInvalid or TrainingDataInvalid where no method of the recipe can be made for these samples.

    What a closed form allows is known in full only when it is solved, which takes no hours.
    """
    with seeded(recipe.seed, torch.device("cpu")):
        if recipe.learns_by_steps:
            phases_of(_built(recipe, training), recipe)
        else:
            check_candidates(recipe, training)


def _built(recipe: Recipe, training: TrainingSet) -> GradientMethod:
    method = build(recipe.method, training.task, recipe.options)
    assert isinstance(method, GradientMethod), f"{recipe.method} has terms and does not learn by steps"
    return method


@contextmanager
def _memory(recipe: Recipe, device: torch.device) -> Iterator[None]:
    """Where memory is not enough, say so."""
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, torch.OutOfMemoryError) and not any(each in str(error) for each in NO_MEMORY):
            raise
        said = f"{device} has too little memory for {recipe.method} in batches of {recipe.batch}"
        raise TooLarge(f"{said}: a smaller `batch` takes less") from error


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
