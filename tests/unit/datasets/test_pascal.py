"""Pascal Sentences: a tiny release of the same layout as DSCMR's."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from models.errors import DataMissing, TrainingDataInvalid
from models.types import F64
from training.datasets.pascal import FILES, read
from training.splits import Split

TRAINING, TEST = 8, 4
"""Pairs of each of the 20 classes."""


def write(folder: Path, *, first: int = 0) -> None:
    """A release with classes numbered from `first`; the first number of each picture and text tells the pair."""
    for part, each, start in (("train", TRAINING, 0), ("test", TEST, 1000)):
        rows = 20 * each
        images, texts = np.zeros((rows, 4096), np.float32), np.zeros((rows, 300))
        images[:, 0] = texts[:, 0] = start + np.arange(rows)
        label = (first + np.arange(rows) % 20).astype(np.int64)[:, None]
        for of, numbers in (("img", images), ("txt", texts), ("img_lab", label)):
            rewrite(folder, f"{part}_{of}", numbers)


def rewrite(folder: Path, name: str, numbers: object) -> None:
    savemat(folder / f"{name}.mat", {name: numbers}, do_compression=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pascal")
    write(place)
    return place


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A release that a test may change."""
    write(tmp_path)
    return tmp_path


def numbered(split: Split) -> list[int]:
    """The pairs of a split, which their pictures, texts and labels agree on."""
    assert split.features.text is not None
    pairs: list[int] = split.features.video[:, 0].astype(int).tolist()
    assert split.features.text[:, 0].astype(int).tolist() == pairs
    assert split.features.label.tolist() == [pair % 1000 % 20 for pair in pairs]
    return pairs


def counted(split: Split) -> list[int]:
    return [int(number) for number in np.bincount(split.features.label, minlength=20)]


EVERY = [*range(20 * TRAINING), *range(1000, 1000 + 20 * TEST)]


def test_random_divisions_hold_out_five_pairs_of_each_class_twice(folder: Path) -> None:
    found = read(folder, split_seed=1)
    assert (found.name, found.retraining) == ("pascal", None)
    assert counted(found.validation) == counted(found.test) == [5] * 20
    assert counted(found.training) == [TRAINING + TEST - 10] * 20
    splits = (found.training, found.validation, found.test)
    assert sorted(pair for split in splits for pair in numbered(split)) == EVERY


def test_the_division_depends_on_the_seed_alone(folder: Path) -> None:
    first, again, other = (numbered(read(folder, split_seed=seed).test) for seed in (1, 1, 2))
    assert first == again
    assert sorted(first) != sorted(other)


def test_as_released_the_test_stays_and_what_is_tested_learns_from_all_training_pairs(folder: Path) -> None:
    found = read(folder, division="released")
    assert found.retraining is not None
    assert numbered(found.retraining) == EVERY[: 20 * TRAINING]
    assert numbered(found.test) == EVERY[20 * TRAINING :]
    assert sorted(numbered(found.training) + numbered(found.validation)) == EVERY[: 20 * TRAINING]
    assert counted(found.validation) == [5] * 20


def test_pairs_have_no_sound_and_texts_of_their_own(folder: Path) -> None:
    found = read(folder).training
    assert (found.widths.audio, found.widths.video, found.widths.text) == (0, 4096, 300)
    assert found.classes.text.shape == (20, 0)


def test_classes_may_be_numbered_from_one(own: Path, folder: Path) -> None:
    write(own, first=1)
    assert numbered(read(own).test) == numbered(read(folder).test)


def test_missing_files_are_named_with_their_release(own: Path) -> None:
    (own / "train_img.mat").unlink()
    with pytest.raises(DataMissing, match=r"train_img\.mat.*Pascal Sentences features of DSCMR.*penghu-cs/DSCMR"):
        read(own)
    assert "train_img.mat" in FILES


@pytest.mark.parametrize(("value", "first"), [(20, 0), (-1, 0), (1.5, 0), (21, 1)])
def test_a_label_out_of_range_is_refused_naming_file_and_row(own: Path, value: float, first: int) -> None:
    write(own, first=first)
    label: F64 = first + np.arange(20.0 * TEST)[:, None] % 20
    label[3] = value
    rewrite(own, "test_img_lab", label)
    with pytest.raises(TrainingDataInvalid, match=rf"test_img_lab.mat: .* from {first}, found {value:g} in row 3"):
        read(own)


def test_features_of_another_width_are_refused(own: Path) -> None:
    rewrite(own, "train_txt", np.zeros((20 * TRAINING, 100)))
    with pytest.raises(TrainingDataInvalid, match=r"train_txt.mat: train_txt is of shape \(160, 100\)"):
        read(own)


def test_parts_of_different_lengths_are_refused_naming_all(own: Path) -> None:
    rewrite(own, "train_txt", np.zeros((159, 300)))
    with pytest.raises(TrainingDataInvalid, match=r"train_img.mat has 160 rows, train_txt.mat 159 and .* 160"):
        read(own)


def test_a_class_with_too_few_pairs_to_hold_out_is_refused_naming_it(own: Path) -> None:
    rewrite(own, "test_img_lab", np.zeros((20 * TEST, 1)))
    with pytest.raises(TrainingDataInvalid, match=r"class 1 has 8 pairs; expected more than the 10"):
        read(own)
