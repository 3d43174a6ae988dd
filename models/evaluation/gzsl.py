"""Generalised zero-shot classification: seen and unseen classes compete for every sample."""

from dataclasses import dataclass, field

import numpy as np

from models.calibration import stack
from models.evaluation.metrics import SeenUnseen, class_means, split
from models.types import F32, F64, I64, Bool


@dataclass(frozen=True, slots=True)
class Accuracies:
    """Mean class accuracies in [0, 1].

    Args:
        stacked: all classes compete, the seen ones' scores lowered by beta.
        zsl: unseen classes' samples among unseen classes only.
        by_class: [c] each class's accuracy where all compete, NaN for a class without samples.
    """

    stacked: SeenUnseen
    zsl: float
    by_class: F64 = field(compare=False)


def accuracies(scores: F32, labels: I64, seen: Bool, beta: float) -> Accuracies:
    """The mean class accuracies of scores under calibrated stacking.

    Args:
        scores: [n, c], higher is better.
        labels: [n] columns of `scores`.
        seen: [c] whether the class was trained on.
        beta: what is taken off the scores of seen classes.

    Source: S, U, HM and ZSL of the AVCA paper (arXiv 2203.03598); calibrated stacking of Chao et al., 2016.
    """
    by_class = _per_class(stack(scores, seen, beta), labels)
    return Accuracies(
        stacked=split(by_class, seen),
        zsl=split(_per_class(np.where(seen, np.float32(-np.inf), scores), labels), seen).unseen,
        by_class=by_class,
    )


def _per_class(scores: F32, labels: I64) -> F64:
    right = (scores.argmax(axis=1) == labels).astype(np.float64)
    return class_means(right, labels, scores.shape[1])
