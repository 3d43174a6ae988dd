"""Methods in closed form: solved once for every candidate of the recipe's options; the best on validation stays."""

from collections.abc import Callable

import torch

from models.methods import build
from models.methods.base import ClosedFormMethod
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
    """The method with the options that do best on validation; the first of equals."""
    samples = Sampler(training, batch=recipe.batch, seed=recipe.seed, device=device).all()
    candidates = recipe.candidates()
    history: list[Progress] = []
    best, chosen = None, None
    for number, options in enumerate(candidates, start=1):
        method = build(recipe.method, training.task, options).to(device)
        assert isinstance(method, ClosedFormMethod), f"{recipe.method} is not in closed form"
        with torch.no_grad():
            method.solve(samples)
        history.append(
            Progress("solve", number, len(candidates), 0.0, 0.0, 0.0, validate(method, validation, protocol))
        )
        report(history[-1])
        if better(history[-1], best, protocol):
            best, chosen = history[-1], (method, options)
    assert best is not None, "a recipe has at least one candidate"
    assert chosen is not None, "a recipe has at least one candidate"
    final = recipe.model_copy(update={"options": chosen[1], "search": {}})
    return Fitted(chosen[0].eval(), final, protocol, training, best, tuple(history))
