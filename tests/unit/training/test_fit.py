"""The loop: it learns, keeps the best epoch, repeats itself, and stops at nonsense."""

import pytest
import torch

from models.calibration import FINE_GRID, FIXED_GRID
from models.errors import TrainingDiverged
from models.evaluation.gzsl import accuracies
from models.types import F64
from tests.tiny.world import World, world
from training.fit import fit
from training.progress import Fitted, Progress
from training.protocol import protocol
from training.recipe import Optimiser, Plateau, Recipe, named
from training.splits import FeatureSet, Split
from training.validation import class_scores, validate

SMALL = world(seen=8, unseen=4, clips=6, audio=12, video=10, text=16)
QUICK = named("cjme", on="demo").model_copy(
    update={
        "options": {"hidden": 16, "text_hidden": 16, "out": 8},
        "batch": 32,
        "steps_per_epoch": 3,
        "epochs": 3,
        "seed": 0,
    }
)


def quiet(_: Progress) -> None:
    """Somebody who does not listen."""


def fitted(recipe: Recipe, given: World = SMALL) -> Fitted:
    return fit(recipe, given.training, validation=given.validation, report=quiet)


@pytest.fixture(scope="module")
def compositional() -> World:
    return world(clips=12)


@pytest.mark.parametrize("name", ["cjme", "avgzslnet"])
def test_the_demo_recipes_recognise_new_combinations_of_known_words(name: str, compositional: World) -> None:
    recipe = named(name, on="demo").model_copy(update={"epochs": 2})
    found = fitted(recipe, compositional)
    test = compositional.test
    scored = class_scores(found.method, test, "av")
    stacked = accuracies(scored, test.features.label, test.classes.seen, found.betas["av"]).stacked
    assert stacked.unseen >= 0.40
    assert stacked.harmonic >= 0.45


def test_the_same_recipe_gives_the_same_weights_and_another_seed_others() -> None:
    first, again = (fitted(QUICK).method.state_dict() for _ in range(2))
    other = fitted(QUICK.model_copy(update={"seed": 1})).method.state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


def test_training_leaves_torchs_random_numbers_as_they_were() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    fitted(QUICK)
    assert torch.equal(torch.rand(2), expected)


def test_the_weights_kept_are_those_of_the_best_epoch_and_of_equals_of_the_one_that_fits_best() -> None:
    reports: list[Progress] = []
    found = fit(QUICK, SMALL.training, validation=SMALL.validation, report=reports.append)
    highest = max(each.merit for each in reports)
    equals = [each for each in reports if each.merit == highest]
    best = min(equals, key=lambda each: each.loss)
    assert len(equals) > 1  # so that the second half of this test's name is tested
    assert found.history == tuple(reports)
    assert [each.epoch for each in reports] == [1, 2, 3]
    assert found.best == best
    assert validate(found.method, SMALL.validation) == best.validation
    assert not found.method.training


def test_the_rate_falls_when_validation_no_longer_gets_better() -> None:
    recipe = QUICK.model_copy(
        update={
            "epochs": 6,
            "plateau": Plateau(factor=0.5, patience=0),
            "optimiser": Optimiser(learning_rate=1e-6),
        }
    )
    rates = [each.learning_rate for each in fitted(recipe).history]
    assert rates[0] == 1e-6
    assert rates[-1] < 1e-6


def test_a_loss_that_is_no_number_is_refused_naming_the_step() -> None:
    recipe = QUICK.model_copy(update={"weights": dict.fromkeys(QUICK.weights, 1e39)})
    with pytest.raises(TrainingDiverged, match=r"the loss is (inf|nan) at epoch 1, step 1"):
        fitted(recipe)


@pytest.mark.parametrize(("rules", "grid"), [("avca@1", FIXED_GRID), ("clipclap@1", FINE_GRID)])
def test_fixed_betas_are_tried_on_distances_alone(rules: str, grid: F64) -> None:
    recipe = named("mdir", on="demo").model_copy(update={"batch": 32, "steps_per_epoch": 2, "epochs": 1})
    by_probability = recipe.model_copy(update={"options": {"scored": "probabilities"}})
    for each, fixed in ((QUICK, True), (by_probability, False)):
        plain = each.model_copy(update={"options": each.options | {"scored": "plain"}}) if fixed else each
        found = fit(plain, SMALL.training, validation=SMALL.validation, report=quiet, protocol=protocol(rules))
        assert (found.betas["av"] in grid) == fixed


@pytest.mark.parametrize("side", [True, False])
def test_where_all_validation_clips_are_of_one_side_epochs_are_chosen_by_its_accuracy(side: bool) -> None:
    whole, classes = SMALL.validation.features, SMALL.validation.classes
    rows = classes.seen[whole.label] == side
    split = Split(FeatureSet(whole.audio[rows], whole.video[rows], whole.label[rows]), classes)
    found = fit(QUICK, SMALL.training, validation=split, report=quiet)
    for each in found.history:
        widest = each.validation.classification["av"]
        assert each.merit == (widest.seen_accuracy if side else widest.unseen_accuracy)
    assert found.best.merit > 0
