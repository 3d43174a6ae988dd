"""Pairs of a picture and a text of its own, whose classes are only told apart."""

from collections.abc import Sequence

import numpy as np

from models.types import F32, I64
from training.splits import ClassTable, FeatureSet


def pairs(images: F32, texts: F32, label: I64) -> FeatureSet:
    """Pictures stand as video, there is no audio, and each row has a text feature of its own."""
    return FeatureSet(audio=np.zeros((len(images), 0), np.float32), video=images, label=label, text=texts)


def chosen(features: FeatureSet, rows: I64) -> FeatureSet:
    """Some of the pairs, in this order."""
    assert features.text is not None, "a pair has a text of its own"
    return pairs(features.video[rows], features.text[rows], features.label[rows])


def joined(first: FeatureSet, second: FeatureSet) -> FeatureSet:
    """The pairs of both, in this order."""
    assert first.text is not None, "a pair has a text of its own"
    assert second.text is not None, "a pair has a text of its own"
    return pairs(
        np.concatenate([first.video, second.video]),
        np.concatenate([first.text, second.text]),
        np.concatenate([first.label, second.label]),
    )


def told_apart(names: Sequence[str]) -> ClassTable:
    """Classes without text features, all of them seen."""
    return ClassTable(tuple(names), np.zeros((len(names), 0), np.float32), np.ones(len(names), np.bool_))
