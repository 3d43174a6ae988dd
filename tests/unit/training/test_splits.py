"""Features and classes check themselves."""

import numpy as np
import pytest

from models.errors import TrainingDataInvalid
from models.types import F32
from tests.tiny.world import world
from training.splits import ClassTable, Dataset, FeatureSet, Split, TrainingSet, of_seen_classes

SMALL = world(seen=4, unseen=2, clips=3, audio=5, video=6, text=7)


def ones(*shape: int) -> F32:
    return np.ones(shape, np.float32)


def test_features_and_labels_of_other_lengths_are_refused() -> None:
    with pytest.raises(TrainingDataInvalid, match="3 audio, 2 video, 3 label"):
        FeatureSet(audio=ones(3, 4), video=ones(2, 4), label=np.arange(3))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(TrainingDataInvalid, match="video features must be finite, row 0"):
        FeatureSet(audio=ones(1, 4), video=ones(1, 4) * np.float32(value), label=np.arange(1))


def test_labels_must_be_rows_of_the_classes() -> None:
    with pytest.raises(TrainingDataInvalid, match="rows of 6 classes"):
        Split(FeatureSet(ones(1, 5), ones(1, 6), np.array([6])), SMALL.training.classes)


def test_a_training_set_with_an_unseen_class_is_refused_naming_it() -> None:
    unseen = SMALL.training.classes.names[4]
    with pytest.raises(TrainingDataInvalid, match=f"unseen classes, found {unseen}"):
        TrainingSet(FeatureSet(ones(2, 5), ones(2, 6), np.array([0, 4])), SMALL.training.classes)


def test_a_training_set_of_one_class_is_refused() -> None:
    with pytest.raises(TrainingDataInvalid, match="at least 2 classes, found 1"):
        TrainingSet(FeatureSet(ones(2, 5), ones(2, 6), np.array([1, 1])), SMALL.training.classes)


def test_a_class_name_twice_is_refused() -> None:
    with pytest.raises(TrainingDataInvalid, match="twice"):
        ClassTable(names=("ball", "ball"), text=ones(2, 3), seen=np.array([True, False]))


def test_the_seen_classes_of_a_data_set_alone_keep_their_clips_and_compete_among_themselves() -> None:
    whole = Dataset("small", SMALL.training, SMALL.validation, None, SMALL.test)
    found = of_seen_classes(whole, name="seen")
    seen = SMALL.test.classes.seen
    assert found.test.classes.names == tuple(np.array(SMALL.test.classes.names)[seen])
    kept = seen[SMALL.test.features.label]
    assert found.test.features.audio.tolist() == SMALL.test.features.audio[kept].tolist()
    before = [SMALL.test.classes.names[label] for label in SMALL.test.features.label[kept]]
    assert [found.test.classes.names[label] for label in found.test.features.label] == before
    assert found.training.features.label.tolist() == SMALL.training.features.label.tolist()
