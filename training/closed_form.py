"""Methods in closed form: solved once for every candidate of the recipe's options; the best on validation stays."""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from models.errors import RecipeInvalid, TrainingDataInvalid
from models.methods import build
from models.methods.base import ClosedFormMethod, Samples, Task
from training.progress import Fitted, Progress, better
from training.protocol import Protocol
from training.recipe import Recipe
from training.sampling import Sampler
from training.splits import Split, TrainingSet
from training.validation import validate


def solve(
    recipe: Recipe,
    training: TrainingSet,
    *,
    validation: Split,
    report: Callable[[Progress], None],
    protocol: Protocol,
    device: torch.device,
) -> Fitted:
    """The method with the options that do best on validation; the first of equals.

    Candidates that the samples do not allow, such as more components than they vary in, are left out; raises what is
    wrong with the first where none is left.
    """
    samples = Sampler(training, batch=recipe.batch, seed=recipe.seed, device=device).all()
    candidates = recipe.candidates()
    history: list[Progress] = []
    refused: list[RecipeInvalid | TrainingDataInvalid] = []
    best, chosen = None, None
    for number, options in enumerate(candidates, start=1):
        try:
            method = _solved(recipe.method, options, training.task, samples)
        except (RecipeInvalid, TrainingDataInvalid) as error:
            refused.append(error)
            continue
        outcome = validate(method, validation, protocol)
        history.append(Progress("solve", number, len(candidates), len(candidates) - number, 0.0, 0.0, 0.0, outcome))
        report(history[-1])
        if better(history[-1], best, protocol):
            best, chosen = history[-1], (method, options)
    if best is None or chosen is None:
        raise refused[0]
    final = recipe.model_copy(update={"options": chosen[1], "search": {}})
    return Fitted(chosen[0].eval(), final, protocol, training, best, tuple(history))


def check_candidates(recipe: Recipe, training: TrainingSet) -> None:
    """Raise what is wrong with the first candidate where no method can be made of any."""
    refused: list[RecipeInvalid] = []
    for options in recipe.candidates():
        try:
            build(recipe.method, training.task, options)
        except RecipeInvalid as error:
            refused.append(error)
        else:
            return
    raise refused[0]


@torch.no_grad()
def _solved(name: str, options: Mapping[str, Any], task: Task, samples: Samples) -> ClosedFormMethod:
    method = build(name, task, options).to(samples.label.device)
    assert isinstance(method, ClosedFormMethod), f"{name} is not in closed form"
    method.solve(samples)
    return method
