"""Calibrated stacking: what is taken off the scores of seen classes, so that unseen ones have a chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.types import F32, F64, I64, Bool

FIXED_GRID = np.arange(16) / 5
"""0, 0.2 … 3.0: the betas that the AVCA paper's experiments try, on L2 distances."""
FINE_GRID = np.arange(76) / 15
"""0, 0.067 … 5.0: those of ClipClap's experiments."""
KEPT = 99
"""How many betas a curve is kept at, besides none and the chosen one."""

Part = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class Stacking:
    """A chosen beta and what it gives on validation: mean class accuracies in [0, 1] and their harmonic mean."""

    beta: float
    seen_accuracy: float
    unseen_accuracy: float
    harmonic_mean: float


class StackingCurve(BaseModel):
    """What betas give on validation clips: accuracies of seen and of unseen classes, and their harmonic mean.

    Args:
        betas: rising; 0 and the chosen one are among them.
        seen, unseen, harmonic: mean class accuracies and their harmonic mean, one a beta.
        clips: how many it was measured on.
        measured_on: in words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    betas: tuple[float, ...] = Field(min_length=2, max_length=KEPT + 2)
    seen: tuple[Part, ...]
    unseen: tuple[Part, ...]
    harmonic: tuple[Part, ...]
    clips: int = Field(ge=2)
    measured_on: str

    @model_validator(mode="after")
    def _has_a_value_of_each_at_rising_betas(self) -> Self:
        lengths = {name: len(getattr(self, name)) for name in ("betas", "seen", "unseen", "harmonic")}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"a curve has as many values of each as betas, found {lengths}")
        if odd := [after for before, after in pairwise(self.betas) if after <= before]:
            raise ValueError(f"betas rise, found {odd[0]} after one that is as large")
        return self


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
    tried = curve(scores, labels, seen, grid)
    best = max(each.harmonic_mean for each in tried)
    among = [each for each in tried if each.harmonic_mean == best]
    return among[0] if equals == "first" else among[len(among) // 2]


def curve(scores: F32, labels: I64, seen: Bool, betas: Sequence[float] | F64) -> list[Stacking]:
    """What each beta gives, in their order: the curve of seen over unseen accuracy, and of their harmonic mean.

    The scores are looked at once; every beta then is a few comparisons a sample.

    Args:
        scores: [n, c] of samples, finite.
        labels: [n] right columns.
        seen: [c] which classes training saw.
    """
    rivals = _Rivals.of(scores, labels, seen)
    classes, of_sample, samples = np.unique(labels, return_inverse=True, return_counts=True)
    found = []
    for beta in map(float, betas):
        right = np.bincount(of_sample[rivals.beaten(beta)], minlength=len(classes))
        found.append(_stacking(right / samples, seen[classes], beta))
    return found


def stacking_curve(scores: F32, labels: I64, seen: Bool, *, chosen: float, measured_on: str) -> StackingCurve | None:
    """The curve of samples as it is kept: as many answers change from each beta to the next.

    Args:
        scores: [n, c] of validation samples.
        labels: [n] right columns.
        seen: [c] which classes training saw.
        chosen: the beta that was chosen, which the curve has too.

    Returns:
        None where all samples, or all classes, are on one side: there is nothing to weigh against each other then.
    """
    if len(set(seen[labels].tolist())) < 2:
        return None
    margins = scores[:, seen].max(1) - scores[:, ~seen].max(1)
    kept = [float(f"{beta:.6g}") for beta in np.quantile(margins, np.linspace(0, 1, KEPT)).tolist()]
    found = curve(scores, labels, seen, sorted({*kept, 0.0, chosen}))
    return StackingCurve(
        betas=tuple(each.beta for each in found),
        seen=tuple(round(each.seen_accuracy, 6) for each in found),
        unseen=tuple(round(each.unseen_accuracy, 6) for each in found),
        harmonic=tuple(round(each.harmonic_mean, 6) for each in found),
        clips=len(labels),
        measured_on=measured_on,
    )


@dataclass(frozen=True, slots=True)
class _Rivals:
    """Of every sample [n] the score of its own class, and the best of seen and of unseen classes to either side.

    A class is the answer if none before it scores as much and none after it more. Taking beta off rounds, but never
    turns an order round, so that the best stay the best, and answers are those of `stack(...).argmax(1)` to the bit.
    """

    own: F32
    own_seen: Bool
    seen: tuple[F32, F32]
    unseen: tuple[F32, F32]

    @classmethod
    def of(cls, scores: F32, labels: I64, seen: Bool) -> "_Rivals":
        """Of scores [n, c], the right columns [n], and which columns are of seen classes [c]."""
        sides = [_to_either_side(_only(scores, among), labels) for among in (seen, ~seen)]
        return cls(scores[np.arange(len(labels)), labels], seen[labels], *sides)

    def beaten(self, beta: float) -> Bool:
        """[n] whether the own class is the answer under this beta."""
        off = np.float32(beta)
        own = np.where(self.own_seen, self.own - off, self.own)
        before, after = (np.maximum(seen - off, unseen) for seen, unseen in zip(self.seen, self.unseen, strict=True))
        beaten: Bool = (own > before) & (own >= after)
        return beaten


def _only(scores: F32, among: Bool) -> F32:
    """[n, c + 2] the scores of some classes, minus infinity for the others and at both ends."""
    kept = np.full((len(scores), scores.shape[1] + 2), -np.inf, np.float32)
    np.copyto(kept[:, 1:-1], scores, where=among)
    return kept


def _to_either_side(kept: F32, labels: I64) -> tuple[F32, F32]:
    """[n] and [n]: the best before each row's label, and from its label on, of rows with ends of minus infinity."""
    starts = np.arange(0, kept.size, kept.shape[1])
    sides = np.maximum.reduceat(kept.ravel(), np.stack([starts, starts + labels + 1], axis=1).ravel())
    return sides[::2], sides[1::2]


def _stacking(recalls: F64, seen: Bool, beta: float) -> Stacking:
    """Of the recalls [k] of the classes that have samples, and which of these are seen [k]."""
    s, u = _mean(recalls[seen]), _mean(recalls[~seen])
    return Stacking(beta, s, u, 2 * s * u / (s + u) if s + u else 0.0)


def _mean(values: F64) -> float:
    return float(values.mean()) if len(values) else 0.0
