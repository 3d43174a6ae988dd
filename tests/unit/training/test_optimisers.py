"""How weights move and how fast: gradient descent with momentum, and rates that milestones lower."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from models.bundle.manifest import RouteSpec
from models.methods.base import Batch, GradientMethod, Head, Phase, Turn
from models.types import Metric
from tests.tiny.world import world
from training.descent import Descent
from training.fit import fit
from training.progress import Fitted, Progress
from training.protocol import OURS
from training.recipe import Milestones, Plateau, Recipe, named

SMALL = world(seen=8, unseen=4, clips=6, audio=12, video=10, text=16)
SIZES = {"hidden": 16, "decoder_hidden": 12, "out": 8}
BASE = named("avgzslnet-paper", on="demo")
QUICK = BASE.changed(
    {
        "options": BASE.options | SIZES,
        "batch": 32,
        "steps_per_epoch": 3,
        "epochs": 5,
        "milestones": {"after": [2, 3], "factor": 0.5},
    }
)
RATE = QUICK.optimiser.learning_rate


class Stopped(Exception):
    """What stands for a kill between two epochs."""


class Bowl(GradientMethod):
    """Weights that fall to the bottom of their squares, whatever the samples are."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.tensor([1.0, -2.0, 3.0, 0.5] * 3))

    def phases(self) -> tuple[Phase, ...]:
        return tuple(Phase(name, (Turn(self.terms, (self.weights,)),)) for name in ("first", "second"))

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        return {"square": self.weights.square().sum()}

    def heads(self) -> dict[str, Head]:
        return {"text": Head(nn.Identity(), inputs=("text",)), "audio": Head(nn.Identity(), inputs=("audio",))}

    def routes(self) -> dict[str, RouteSpec]:
        return {"audio->text": RouteSpec(query="audio", gallery="text", metric=Metric.EUCLIDEAN)}


def fallen(recipe: Recipe) -> tuple[Tensor, list[Progress]]:
    """The bowl's weights after both phases, and what was reported."""
    level = world(seen=4, unseen=2, clips=3, audio=12, video=3, text=12)
    method, reports = Bowl(), list[Progress]()
    bowl = recipe.model_copy(update={"weights": {"square": 1.0}})
    run = Descent(method, bowl, level.training, protocol=OURS, last_epoch=bowl.epochs, device=torch.device("cpu"))
    run.train(level.validation, reports.append, None)
    return method.weights.detach(), reports


def fitted(recipe: Recipe = QUICK, *, checkpoint: Path | None = None, stop_at: int = 0) -> Fitted:
    def report(progress: Progress) -> None:
        if progress.epoch == stop_at:
            raise Stopped

    return fit(recipe, SMALL.training, validation=SMALL.validation, report=report, checkpoint=checkpoint)


def rates(recipe: Recipe) -> list[float]:
    return [each.learning_rate for each in fitted(recipe).history]


def test_gradient_descent_adds_its_momentum_and_lowers_its_rate_after_milestones() -> None:
    found, _ = fallen(QUICK.changed({"optimiser": {"kind": "sgd", "learning_rate": 0.01, "momentum": 0.9}}))
    weights = Bowl().weights.detach().double()
    for _ in range(2):  # every phase has an optimiser of its own
        rate, speed = 0.01, torch.zeros_like(weights)
        for epoch in range(1, 6):
            for _ in range(3):
                speed = 0.9 * speed + 2 * weights
                weights = weights - rate * speed
            rate *= 0.5 if epoch in (2, 3) else 1.0
    torch.testing.assert_close(found.double(), weights, rtol=1e-5, atol=0)


def test_every_phase_counts_its_epochs_from_one() -> None:
    _, reports = fallen(QUICK)
    once = [RATE, RATE, RATE / 2, RATE / 4, RATE / 4]
    assert [each.learning_rate for each in reports] == pytest.approx([*once, *once])


def test_milestones_lower_adam_s_rate_too_and_none_is_lowered_without_them() -> None:
    adam = QUICK.changed({"optimiser": {"learning_rate": 1e-3}})
    assert rates(adam) == pytest.approx([1e-3, 1e-3, 5e-4, 2.5e-4, 2.5e-4])
    assert rates(adam.model_copy(update={"milestones": Milestones()})) == [1e-3] * 5


def test_milestones_and_a_plateau_both_lower_the_rate() -> None:
    # So slow that validation stays as it is: every epoch after the first is one without a better validation.
    slow = QUICK.changed({"optimiser": {"kind": "sgd", "learning_rate": 1e-6}, "epochs": 4})
    both = slow.model_copy(update={"plateau": Plateau(factor=0.1, patience=0)})
    assert rates(both) == pytest.approx([1e-6, 1e-6, 5e-8, 2.5e-9], rel=1e-6, abs=0)


@pytest.mark.parametrize("epoch", [1, 2, 3, 4])
def test_a_run_with_momentum_stopped_around_milestones_ends_with_the_same_bits(epoch: int, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        fitted(checkpoint=tmp_path / "run.pt", stop_at=epoch)
    resumed, whole = fitted(checkpoint=tmp_path / "run.pt"), fitted()
    left, right = resumed.method.state_dict(), whole.method.state_dict()
    assert all(torch.equal(left[key], right[key]) for key in left)
    assert [(each.loss, each.learning_rate) for each in resumed.history] == [
        (each.loss, each.learning_rate) for each in whole.history
    ]


def test_the_paper_s_recipe_of_avgzslnet_recognises_classes_after_three_epochs() -> None:
    found = fitted(QUICK.changed({"steps_per_epoch": 20, "epochs": 3}))
    losses = [each.loss for each in found.history]
    assert losses[-1] < losses[0] / 2
    assert found.best.merit > 2 / 12  # chance is 1 of 12 classes
