"""Phases that take so many steps an epoch, and turns that are taken in some of them only."""

from collections import Counter

import pytest
import torch
from torch import Tensor, nn

from models.bundle.manifest import RouteSpec
from models.errors import RecipeInvalid
from models.methods.base import Batch, GradientMethod, Head, Phase, Turn
from models.types import Metric
from tests.tiny.world import world
from training.descent import Descent
from training.progress import Progress
from training.protocol import OURS
from training.recipe import Recipe, named

SMALL = world(seen=4, unseen=2, clips=3, audio=3, video=3, text=3)


class Counting(GradientMethod):
    """Counts how often each turn of two phases is taken."""

    def __init__(self) -> None:
        super().__init__()
        self.scales = nn.Parameter(torch.ones(3))
        self.taken: Counter[str] = Counter()

    def phases(self) -> tuple[Phase, ...]:
        always = Turn(lambda _: self._term("always"), (self.scales,))
        sometimes = Turn(lambda _: self._term("sometimes"), (self.scales,), every=3)
        last = Turn(lambda _: self._term("last"), (self.scales,))
        return Phase("first", (always, sometimes)), Phase("second", (last,))

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        raise NotImplementedError

    def heads(self) -> dict[str, Head]:
        return {"text": Head(nn.Identity(), inputs=("text",)), "audio": Head(nn.Identity(), inputs=("audio",))}

    def routes(self) -> dict[str, RouteSpec]:
        return {"audio->text": RouteSpec(query="audio", gallery="text", metric=Metric.EUCLIDEAN)}

    def _term(self, name: str) -> dict[str, Tensor]:
        self.taken[name] += 1
        return {name: self.scales.sum()}


def trained(recipe: Recipe) -> tuple[Counting, list[Progress]]:
    method, reports = Counting(), list[Progress]()
    run = Descent(method, recipe, SMALL.training, protocol=OURS, last_epoch=None, device=torch.device("cpu"))
    run.train(SMALL.validation, reports.append, None)
    return method, reports


RECIPE = named("cjme", on="demo").model_copy(
    update={
        "weights": {"always": 1.0, "sometimes": 1.0, "last": 1.0},
        "batch": 2,
        "epochs": 2,
        "steps_per_epoch": 5,
        "phase_epochs": {"first": 3},
        "phase_steps": {"first": 7},
    }
)


def test_a_phase_takes_its_own_number_of_steps_an_epoch_and_others_the_common_one() -> None:
    method, reports = trained(RECIPE)
    assert method.taken["always"] == 3 * 7
    assert method.taken["last"] == 2 * 5
    assert [each.phase for each in reports] == ["first"] * 3 + ["second"] * 2


def test_every_report_says_how_many_epochs_of_all_phases_are_left() -> None:
    assert [each.left for each in trained(RECIPE)[1]] == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("key", ["phase_epochs", "phase_steps"])
def test_a_recipe_about_a_phase_that_there_is_not_is_refused(key: str) -> None:
    with pytest.raises(RecipeInvalid, match=rf"{key}\.frist: .* no such phase; it has first, second"):
        trained(RECIPE.model_copy(update={key: {"frist": 1}}))


def test_a_turn_that_is_not_every_step_s_is_taken_from_an_epoch_s_first_step_on() -> None:
    assert trained(RECIPE)[0].taken["sometimes"] == 3 * 3  # steps 0, 3 and 6
    assert trained(RECIPE.model_copy(update={"phase_steps": {"first": 1}}))[0].taken["sometimes"] == 3
