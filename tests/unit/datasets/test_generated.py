"""Generated data sets: the same twice, of the size that is asked for, and with something to transfer."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.types import F32
from training.datasets import gzsl_release
from training.datasets.averaged_features import AveragedFeatures
from training.datasets.class_lists import ClassNames
from training.datasets.generated import Drawing, draw, listed_samples
from training.datasets.generated_texts import UCF_SIZE, ClassCounts, invent_texts
from training.datasets.gzsl_layout import BENCHMARKS, FEATURE_STAGES, Layout
from training.splits import Dataset

FEW = ClassCounts(train=4, val_unseen=2, test_unseen=2)


def made(folder: Path, drawing: Drawing, *, classes: ClassCounts = FEW, samples: int = 40) -> Dataset:
    layout = Layout(folder, BENCHMARKS["ucf-gzsl"])
    invent_texts(layout, classes=classes, samples=dict.fromkeys(FEATURE_STAGES, samples))
    draw(layout, drawing)
    return gzsl_release.read(folder, "ucf-gzsl")


def test_the_same_drawing_gives_the_same_features_and_another_seed_others(tmp_path: Path) -> None:
    first, again, other = (
        made(tmp_path / str(number), Drawing(audio=4, video=3, seed=seed)) for number, seed in enumerate((0, 0, 1))
    )
    np.testing.assert_array_equal(first.test.features.audio, again.test.features.audio)
    np.testing.assert_array_equal(first.training.features.video, again.training.features.video)
    assert (first.test.features.audio != other.test.features.audio).all()


def test_of_a_class_at_most_so_many_are_drawn_the_first_that_are_listed(tmp_path: Path) -> None:
    found = made(tmp_path, Drawing(audio=4, video=3, most=3))
    assert len(found.training.features) == 3 * FEW.train
    layout = Layout(tmp_path, BENCHMARKS["ucf-gzsl"])
    by_class = listed_samples(layout, "stage_1_train", ClassNames.read(layout.all_classes))
    for label, samples in by_class.items():
        path = layout.class_files("audio", "stage_1_train") / f"{label}.h5"
        assert AveragedFeatures().contents(path, "audio").samples == tuple(samples[:3])


def test_by_default_there_are_as_many_classes_and_samples_as_in_ucf_gzsl(tmp_path: Path) -> None:
    layout = Layout(tmp_path, BENCHMARKS["ucf-gzsl"])
    invent_texts(layout)
    draw(layout, Drawing(audio=1, video=1, hidden=2))
    found = gzsl_release.read(tmp_path, "ucf-gzsl")
    assert len(found.training.features) == UCF_SIZE["stage_1_train"] == 3174
    assert len(found.test.features) == 555 + 1267
    assert (len(found.training.classes.names), len(found.test.classes.names)) == (42, 51)
    np.testing.assert_allclose(np.linalg.norm(found.test.classes.text, axis=1), 1, rtol=1e-6)


def test_what_is_learnt_on_seen_classes_recognises_unseen_ones(tmp_path: Path) -> None:
    dataset = made(
        tmp_path, Drawing(audio=64, video=64), classes=ClassCounts(train=40, val_unseen=5, test_unseen=10), samples=400
    )
    assert dataset.retraining is not None
    learnt, tested, table = dataset.retraining.features, dataset.test.features, dataset.test.classes
    mean = table.text[table.seen].mean(axis=0)
    guessed = ridge(both(learnt.audio, learnt.video), table.text[learnt.label] - mean)(both(tested.audio, tested.video))
    scores = np.where(table.seen, -np.inf, guessed @ (table.text - mean).T)
    unseen = ~table.seen[tested.label]
    right = (scores.argmax(axis=1) == tested.label)[unseen].mean()
    # Chance is 0.1; 0.63 was measured.
    assert right > 0.4


def both(audio: F32, video: F32) -> F32:
    return np.concatenate([audio, video], axis=1)


def ridge(features: F32, wanted: F32) -> Callable[[F32], F32]:
    """The linear map that fits best, its squares weighed by 1 % of the samples."""
    gram = features.T @ features + 0.01 * len(features) * np.eye(features.shape[1])
    weights = np.linalg.solve(gram, features.T @ wanted).astype(np.float32)
    return lambda others: others @ weights
