"""What is trained and validated on: features with labels, and the classes the labels mean."""

from dataclasses import dataclass

import numpy as np
import torch

from models.errors import TrainingDataInvalid
from models.methods.base import Task, Widths
from models.types import F32, I64, Bool


@dataclass(frozen=True, slots=True)
class ClassTable:
    """The classes, row by row: names, text features [c, width] and whether training may see them [c].

    Text features have width 0 where classes are only told apart, as in sets of pictures with texts of their own.
    """

    names: tuple[str, ...]
    text: F32
    seen: Bool

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.text) == len(self.seen):
            raise TrainingDataInvalid(
                f"{len(self.names)} names, {len(self.text)} text features, {len(self.seen)} seen flags"
            )
        if len(set(self.names)) != len(self.names):
            raise TrainingDataInvalid("a class name occurs twice")
        _check_features("text", self.text)


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """Clips as features: audio [n, width], video [n, width] and label [n], a row of a `ClassTable`.

    A modality that the clips lack has width 0. `text` [n, width] is the clips' own, None where they have none and
    their class's stands for it.
    """

    audio: F32
    video: F32
    label: I64
    text: F32 | None = None

    def __post_init__(self) -> None:
        rows = {"audio": len(self.audio), "video": len(self.video), "label": len(self.label)}
        if self.text is not None:
            rows["text"] = len(self.text)
        if len(set(rows.values())) > 1:
            found = ", ".join(f"{count} {name}" for name, count in rows.items())
            raise TrainingDataInvalid(f"rows disagree: {found}")
        _check_features("audio", self.audio)
        _check_features("video", self.video)
        if self.text is not None:
            _check_features("text", self.text)

    def __len__(self) -> int:
        return len(self.label)


@dataclass(frozen=True, slots=True)
class Split:
    """Features and the classes that their labels are rows of; all of these are candidates."""

    features: FeatureSet
    classes: ClassTable

    def __post_init__(self) -> None:
        label = self.features.label
        if not len(label) or label.min() < 0 or label.max() >= len(self.classes.names):
            raise TrainingDataInvalid(
                f"labels must be rows of {len(self.classes.names)} classes, and there must be some"
            )

    @property
    def widths(self) -> Widths:
        """How wide the features of each modality are."""
        text = self.classes.text if self.features.text is None else self.features.text
        return Widths(self.features.audio.shape[1], self.features.video.shape[1], text.shape[1])

    @property
    def sample_text(self) -> F32:
        """[n, width]: each sample's own text feature, else that of its class."""
        return self.classes.text[self.features.label] if self.features.text is None else self.features.text


@dataclass(frozen=True, slots=True)
class TrainingSet(Split):
    """A split of seen classes only, each with samples, and at least two of them."""

    def __post_init__(self) -> None:
        # `super()` without arguments does not work in a dataclass with slots.
        Split.__post_init__(self)
        present = np.unique(self.features.label)
        if odd := [self.classes.names[row] for row in present if not self.classes.seen[row]]:
            raise TrainingDataInvalid(f"a training set must not hold unseen classes, found {', '.join(odd)}")
        if len(present) < 2:
            raise TrainingDataInvalid(f"a training set needs at least 2 classes, found {len(present)}")

    @property
    def task(self) -> Task:
        """What a method is built for that trains on this."""
        text = torch.from_numpy(self.classes.text)
        unseen = torch.from_numpy(~self.classes.seen)
        return Task(self.widths, class_text=text[np.unique(self.features.label)], unseen_text=text[unseen])


@dataclass(frozen=True, slots=True)
class Dataset:
    """A benchmark's data: a method learns on `training`, is chosen on `validation`, and is tested on `test`.

    Where there is `retraining`, a second method learns on it with what was chosen, and that one is tested.
    """

    name: str
    training: TrainingSet
    validation: Split
    retraining: TrainingSet | None
    test: Split


def of_seen_classes(dataset: Dataset, *, name: str) -> Dataset:
    """The same clips for training, and those of seen classes for validation and test; seen classes alone compete."""
    retraining = dataset.retraining
    return Dataset(
        name,
        training=TrainingSet(*_seen(dataset.training)),
        validation=Split(*_seen(dataset.validation)),
        retraining=None if retraining is None else TrainingSet(*_seen(retraining)),
        test=Split(*_seen(dataset.test)),
    )


def _seen(split: Split) -> tuple[FeatureSet, ClassTable]:
    classes, features = split.classes, split.features
    rows = classes.seen[features.label]
    renumbered = np.cumsum(classes.seen) - 1
    names = tuple(name for name, seen in zip(classes.names, classes.seen, strict=True) if seen)
    return (
        FeatureSet(
            audio=features.audio[rows],
            video=features.video[rows],
            label=renumbered[features.label[rows]],
            text=None if features.text is None else features.text[rows],
        ),
        ClassTable(names, classes.text[classes.seen], classes.seen[classes.seen]),
    )


def _check_features(name: str, features: F32) -> None:
    if features.ndim != 2 or features.dtype != np.float32:
        raise TrainingDataInvalid(
            f"{name} features must be float32 [n, width], found {features.dtype} {features.shape}"
        )
    finite = np.isfinite(features).all(axis=1)
    if not finite.all():
        raise TrainingDataInvalid(f"{name} features must be finite, row {int(finite.argmin())} is not")
