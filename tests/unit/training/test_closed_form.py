"""Closed forms: candidates that samples do not allow, and what is left."""

import re

import pytest

from models.errors import RecipeInvalid, SightsoundError
from tests.tiny.world import world
from training.fit import check, fit
from training.progress import Fitted, Progress
from training.recipe import Recipe, named

SMALL = world(seen=4, unseen=2, clips=5, audio=6, video=5, text=7)


def searched(components: list[int]) -> Recipe:
    return named("cca").changed({"search": {"components": components, "regularisation": [0.1, 1.0]}})


def fitted(recipe: Recipe, reports: list[Progress]) -> Fitted:
    return fit(recipe, SMALL.training, validation=SMALL.validation, report=reports.append)


def test_candidates_that_the_samples_do_not_allow_are_left_out() -> None:
    # Of features 6 and 5 wide no 64 components can be made.
    reports: list[Progress] = []
    found = fitted(searched([64, 2, 3]), reports)
    assert found.recipe.options["components"] in (2, 3)
    assert [(each.epoch, each.left) for each in reports] == [(3, 3), (4, 2), (5, 1), (6, 0)]
    assert len(found.history) == 4


def test_where_no_candidate_is_left_the_first_one_s_fault_is_told() -> None:
    for asked in (lambda: fitted(searched([64, 65]), []), lambda: check(searched([64, 65]), SMALL.training)):
        with pytest.raises(RecipeInvalid, match=re.escape("options.components: 64 of audio features 6 wide")):
            asked()


def test_a_check_says_beforehand_what_training_would() -> None:
    check(searched([64, 2]), SMALL.training)
    check(named("devise"), SMALL.training)
    for name, changes in (("tcaf", {"options": {"audio_steps": 4}}), ("dstc", {"phase_epochs": {"clasify": 1}})):
        recipe = named(name).changed(changes)
        with pytest.raises(SightsoundError) as told:
            check(recipe, SMALL.training)
        with pytest.raises(type(told.value), match=re.escape(str(told.value))):
            fitted(recipe, [])
