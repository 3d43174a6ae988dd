"""What is trained and validated on: features with labels, and the classes the labels mean."""

from dataclasses import dataclass

import numpy as np

from models.methods.base import Widths
from models.types import F32, I64, Bool


@dataclass(frozen=True, slots=True)
class ClassTable:
    """The classes, row by row: names, text features [c, width] and whether training may see them [c]."""

    names: tuple[str, ...]
    text: F32
    seen: Bool

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.text) == len(self.seen):
            raise ValueError(f"{len(self.names)} names, {len(self.text)} text features, {len(self.seen)} seen flags")
        if len(set(self.names)) != len(self.names):
            raise ValueError("a class name occurs twice")
        _check_features("text", self.text)


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """Clips as features: audio [n, width], video [n, width] and label [n], a row of a `ClassTable`."""

    audio: F32
    video: F32
    label: I64

    def __post_init__(self) -> None:
        if not len(self.audio) == len(self.video) == len(self.label):
            raise ValueError(f"{len(self.audio)} audio, {len(self.video)} video features, {len(self.label)} labels")
        _check_features("audio", self.audio)
        _check_features("video", self.video)

    def __len__(self) -> int:
        return len(self.label)


@dataclass(frozen=True, slots=True)
class Split:
    """Features and the classes that their labels are rows of."""

    features: FeatureSet
    classes: ClassTable

    def __post_init__(self) -> None:
        label = self.features.label
        if not len(label) or label.min() < 0 or label.max() >= len(self.classes.names):
            raise ValueError(f"labels must be rows of {len(self.classes.names)} classes, and there must be some")

    @property
    def widths(self) -> Widths:
        """How wide the features of each modality are."""
        return Widths(self.features.audio.shape[1], self.features.video.shape[1], self.classes.text.shape[1])


@dataclass(frozen=True, slots=True)
class TrainingSet(Split):
    """A split of seen classes only, each with samples, and at least two of them."""

    def __post_init__(self) -> None:
        # `super()` without arguments does not work in a dataclass with slots.
        Split.__post_init__(self)
        present = np.unique(self.features.label)
        if odd := [self.classes.names[row] for row in present if not self.classes.seen[row]]:
            raise ValueError(f"a training set must not hold unseen classes, found {', '.join(odd)}")
        if len(present) < 2:
            raise ValueError(f"a training set needs at least 2 classes, found {len(present)}")


def _check_features(name: str, features: F32) -> None:
    if features.ndim != 2 or features.dtype != np.float32:
        raise ValueError(f"{name} features must be float32 [n, width], found {features.dtype} {features.shape}")
    if not np.isfinite(features).all():
        raise ValueError(f"{name} features must be finite")
