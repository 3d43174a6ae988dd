"""A trial chooses on validation, trains again where there is a second stage, and tests with the betas of the first."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.tiny.world import world
from training.comparison.trial import Setting, Trial, chosen_betas
from training.fit import fit
from training.progress import Progress
from training.protocol import PROTOCOLS
from training.recipe import named
from training.splits import Dataset, FeatureSet, TrainingSet

SMALL = world(seen=8, unseen=4, clips=6, audio=12, video=10, text=16)
QUICK = named("cjme", on="demo").model_copy(
    update={"options": {"hidden": 16, "text_hidden": 16, "out": 8}, "batch": 32, "steps_per_epoch": 3, "epochs": 3}
)
AVCA = PROTOCOLS["avca@1"]


def both(first: FeatureSet, second: FeatureSet) -> FeatureSet:
    parts = ("audio", "video", "label")
    return FeatureSet(*(np.concatenate([getattr(first, part), getattr(second, part)]) for part in parts))


def attempt(dataset: Dataset, report: list[Progress]) -> Trial:
    setting = Setting(dataset, AVCA)
    chosen = setting.choose(QUICK, report.append)
    return setting.test(chosen, setting.train_again(chosen, report.append))


@pytest.fixture
def two_stages() -> Dataset:
    classes = replace(SMALL.training.classes, seen=np.ones(12, np.bool_))
    again = TrainingSet(both(SMALL.training.features, SMALL.validation.features), classes)
    return Dataset("small", SMALL.training, SMALL.validation, again, SMALL.test)


def test_the_second_stage_trains_on_everything_for_as_many_epochs_as_were_best_in_the_first(
    two_stages: Dataset,
) -> None:
    reports: list[Progress] = []
    found = attempt(two_stages, reports)
    best = found.chosen.best.epoch
    assert len(reports) == 3 + best
    assert two_stages.retraining is not None
    alone = fit(
        QUICK,
        two_stages.retraining,
        validation=two_stages.validation,
        report=lambda _: None,
        protocol=AVCA,
        last_epoch=best,
    )
    left, right = found.tested.method.state_dict(), alone.method.state_dict()
    assert all(torch.equal(left[key], right[key]) for key in left)


def test_betas_are_those_of_the_first_stage_averaged_where_the_protocol_says_so(two_stages: Dataset) -> None:
    found = attempt(two_stages, [])
    expected = sum(found.chosen.betas.values()) / 3
    assert found.betas == pytest.approx(dict.fromkeys(("audio", "video", "av"), expected))
    assert chosen_betas({"audio": 1.0, "av": 2.0}, PROTOCOLS["cjme@1"]) == {"audio": 1.0, "av": 2.0}


def test_without_a_second_stage_the_chosen_method_is_tested(two_stages: Dataset) -> None:
    found = attempt(replace(two_stages, retraining=None), [])
    assert found.tested is found.chosen


def test_both_stages_say_how_many_of_their_epochs_are_left(two_stages: Dataset) -> None:
    reports: list[Progress] = []
    best = attempt(two_stages, reports).chosen.best.epoch
    assert [each.left for each in reports] == [2, 1, 0, *reversed(range(best))]
