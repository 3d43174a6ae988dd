"""Calibrated stacking: what is taken off the scores of seen classes, so that unseen ones have a chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.types import F32, F64, I64, Bool

FIXED_GRID = np.arange(16) / 5
"""0, 0.2 … 3.0: the betas that the AVCA paper's experiments try, on L2 distances."""


@dataclass(frozen=True, slots=True)
class Stacking:
    """A chosen beta and what it gives on validation: mean class accuracies in [0, 1] and their harmonic mean."""

    beta: float
    seen_accuracy: float
    unseen_accuracy: float
    harmonic_mean: float


def stack(scores: F32, seen: Bool, beta: float) -> F32:
    """Scores [n, c] with `beta` taken off those of the seen classes [c].

    Source: Chao et al., "An Empirical Study and Analysis of Generalized Zero-Shot Learning for Object Recognition
    in the Wild", ECCV 2016, equation 2.
    """
    return scores - np.float32(beta) * seen.astype(np.float32)


def beta_grid(scores: F32, seen: Bool, *, intervals: int = 25) -> F64:
    """The betas [intervals + 1] worth trying, evenly from where all answers are seen classes to where none is.

    Source: CJME (Parida et al., WACV 2020), section 4: "25 equal intervals between min and max possible beta".
    An answer changes at the margin of the best seen over the best unseen class; the ends are the smallest and
    the largest margin of the validation samples `scores` [n, c]. Only 0 where all classes are on one side.
    """
    if seen.all() or not seen.any():
        return np.zeros(1)
    margins = scores[:, seen].max(1) - scores[:, ~seen].max(1)
    return np.linspace(float(margins.min()), float(margins.max()), intervals + 1)


def choose_beta(
    scores: F32,
    labels: I64,
    seen: Bool,
    grid: Sequence[float] | F64,
    *,
    equals: Literal["first", "middle"] = "middle",
) -> Stacking:
    """The beta of the best harmonic mean on validation.

    Args:
        scores: [n, c] of validation samples, of seen and of unseen classes.
        labels: [n] right columns.
        seen: [c] which classes training saw.
        grid: betas to try, in order.
        equals: which of several that are best: the first, as in the papers, or the middle one, farthest from doing
            worse.
    """
    tried = [_stacking(scores, labels, seen, float(beta)) for beta in grid]
    best = max(each.harmonic_mean for each in tried)
    among = [each for each in tried if each.harmonic_mean == best]
    return among[0] if equals == "first" else among[len(among) // 2]


def _stacking(scores: F32, labels: I64, seen: Bool, beta: float) -> Stacking:
    right = stack(scores, seen, beta).argmax(1) == labels
    classes = np.unique(labels)
    recalls = np.array([right[labels == each].mean() for each in classes])
    s, u = (_mean(recalls[seen[classes] == side]) for side in (True, False))
    return Stacking(beta, s, u, 2 * s * u / (s + u) if s + u else 0.0)


def _mean(values: F64) -> float:
    return float(values.mean()) if len(values) else 0.0
