"""Pascal Sentences: 1,000 pairs of a picture and what people wrote of it, 50 in each of 20 classes."""

from pathlib import Path
from typing import Literal

import numpy as np

from models.errors import TrainingDataInvalid
from models.types import F32, I64
from training.datasets.image_text import chosen, joined, pairs, told_apart
from training.datasets.matlab import matrix
from training.datasets.release import Release
from training.splits import Dataset, FeatureSet, Split, TrainingSet

RELEASE = Release("the Pascal Sentences features of DSCMR (data/pascal)", "https://github.com/penghu-cs/DSCMR")
PARTS = ("train", "test")
FILES = tuple(f"{part}_{of}.mat" for part in PARTS for of in ("img", "txt", "img_lab"))
"""Each holds one matrix, of the file's name."""

IMAGE_WIDTH = 4096
"""The layer fc7 of VGG19."""

TEXT_WIDTH = 300
"""Of a sentence CNN."""

CLASSES = 20
HELD_OUT = 5
"""Pairs of each class that validate, and, in random splits, that test: 100 of each."""

Division = Literal["random", "released"]
"""What is trained and tested on: all pairs divided anew, or as the release divides them."""


def read(folder: Path, *, split_seed: int = 0, division: Division = "random") -> Dataset:
    """The set with the protocol of DSTC: of every class 40 pairs to learn from, 5 to choose by, 5 to test with.

    As released, training pairs are divided into those that are learned from and 5 of each class to choose by;
    what is tested learns from all of them again.

    Args:
        folder: of the six files `{train,test}_{img,txt,img_lab}.mat`.
        split_seed: which pairs of each class are held out.

    Raises:
        DataMissing: a file is not there.
        TrainingDataInvalid: a file has something else than the release, named with its row.
    """
    RELEASE.require([folder / name for name in FILES], folder=folder)
    training, test = _parts(folder)
    numbers = np.random.default_rng(split_seed)
    return _released(training, test, numbers) if division == "released" else _random(joined(training, test), numbers)


def _random(every: FeatureSet, numbers: np.random.Generator) -> Dataset:
    rest, validation, test = _divided(every.label, [HELD_OUT, HELD_OUT], numbers)
    return Dataset(
        name="pascal",
        training=_learned(chosen(every, rest)),
        validation=_split(chosen(every, validation)),
        retraining=None,
        test=_split(chosen(every, test)),
    )


def _released(training: FeatureSet, test: FeatureSet, numbers: np.random.Generator) -> Dataset:
    rest, validation = _divided(training.label, [HELD_OUT], numbers)
    return Dataset(
        name="pascal",
        training=_learned(chosen(training, rest)),
        validation=_split(chosen(training, validation)),
        retraining=_learned(training),
        test=_split(test),
    )


def _learned(features: FeatureSet) -> TrainingSet:
    return TrainingSet(features, told_apart([f"class {number}" for number in range(CLASSES)]))


def _split(features: FeatureSet) -> Split:
    return Split(features, told_apart([f"class {number}" for number in range(CLASSES)]))


def _divided(label: I64, held_out: list[int], numbers: np.random.Generator) -> list[I64]:
    """Rows [n] of what is left of each class, and of so many pairs of each class that are held out."""
    counts = np.bincount(label, minlength=CLASSES)
    if counts.min() <= sum(held_out):
        raise TrainingDataInvalid(
            f"class {int(counts.argmin())} has {int(counts.min())} pairs; expected more than the {sum(held_out)} "
            "of each class that are held out"
        )
    by_class = [numbers.permutation(np.flatnonzero(label == number)) for number in range(CLASSES)]
    ends = np.cumsum(held_out)
    *drawn, rest = (np.concatenate(parts) for parts in zip(*(np.split(rows, ends) for rows in by_class), strict=True))
    return [rest, *drawn]


def _parts(folder: Path) -> tuple[FeatureSet, FeatureSet]:
    """The release's training and test pairs; classes are numbered from 0 or from 1, in both files alike."""
    numbers = {part: _of(folder, f"{part}_img_lab", 1)[:, 0] for part in PARTS}
    first = int(min(each.min() for each in numbers.values()) >= 1)
    training, test = (_part(folder, part, _labels(part, numbers[part], first=first)) for part in PARTS)
    return training, test


def _part(folder: Path, part: str, label: I64) -> FeatureSet:
    images = _of(folder, f"{part}_img", IMAGE_WIDTH)
    texts = _of(folder, f"{part}_txt", TEXT_WIDTH)
    if not len(images) == len(texts) == len(label):
        raise TrainingDataInvalid(
            f"{part}_img.mat has {len(images)} rows, {part}_txt.mat {len(texts)} and {part}_img_lab.mat {len(label)}; "
            "expected as many"
        )
    return pairs(images, texts, label)


def _of(folder: Path, name: str, width: int) -> F32:
    return matrix(folder / f"{name}.mat", name, width=width)


def _labels(part: str, numbers: F32, *, first: int) -> I64:
    """Rows of the classes [n] from their numbers [n], which start with `first`."""
    known = np.isin(numbers, np.arange(first, first + CLASSES))
    if not known.all():
        row = int(known.argmin())
        raise TrainingDataInvalid(
            f"{part}_img_lab.mat: expected {CLASSES} classes numbered from {first}, found {numbers[row]:g} in row {row}"
        )
    return numbers.astype(np.int64) - first
