"""How probable it is that a hit shows what was asked for, given its score: a sigmoid that is fitted on known pairs."""

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from models.types import F32, F64, Bool

STEPS, SHORTEST, FLAT, RIDGE = 100, 1e-10, 1e-5, 1e-12
"""Of Newton's method: turns at most, the shortest step, the gradient that is none, and what keeps it from dividing by
zero; those of Lin, Lin and Weng."""
SUFFICES = 1e-4
"""Of the decrease that the gradient promises, what a step must bring."""
BINS = 10


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """1 / (1 + exp(-(slope * score + intercept))): it never falls as scores rise.

    Raises ValueError for a slope below 0, or numbers that are not finite.
    """

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (self.slope >= 0 and np.isfinite([self.slope, self.intercept]).all()):
            raise ValueError(f"expected finite numbers, the slope at least 0, found {self.slope} and {self.intercept}")

    def of(self, scores: F32 | F64) -> F64:
        """[n] the probability of each score [n], in [0, 1]."""
        found: F64 = np.exp(-np.logaddexp(0.0, -(self.slope * scores.astype(np.float64) + self.intercept)))
        return found


class RouteSigmoid(BaseModel):
    """The sigmoid of one route, and what it is to be judged by.

    It was fitted on every pair of a query, of those that have something to find, and a gallery item other than itself,
    each counting once; a pair is relevant where both are of one class. So `base_rate`, the share of those, is about one
    in as many as there are classes: in a gallery of fewer, probabilities are too low, in one of more too high.

    Args:
        queries, pairs: how many it was fitted on.
        log_loss, error: of classes that it was not fitted on, half of them at a time: minus the mean logarithm of the
            probability of what was the case, and how far probabilities are from shares, on average over all pairs.
            None where there are too few.
        hits_error: the same error of the ten best of each query alone, the pairs that people see.
        fitted_on: in words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    slope: float = Field(ge=0)
    intercept: float
    queries: int = Field(ge=1)
    pairs: int = Field(ge=2)
    base_rate: float = Field(gt=0, lt=1)
    log_loss: float | None = Field(default=None, ge=0)
    error: float | None = Field(default=None, ge=0, le=1)
    hits_error: float | None = Field(default=None, ge=0, le=1)
    fitted_on: str

    @property
    def sigmoid(self) -> Sigmoid:
        """What makes probabilities of scores."""
        return Sigmoid(self.slope, self.intercept)


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of about the same probability: its mean, the share of them that is relevant, and how many there are."""

    predicted: float
    observed: float
    count: int


def fit(scores: F32 | F64, relevant: Bool) -> Sigmoid:
    """The sigmoid of the least log-loss on scores [n], of which some are of what is `relevant` [n]; it never falls.

    Labels are softened as if one more pair of each kind had been seen, so that nothing is ever certain.

    Raises ValueError where all are relevant or none is, or scores are not finite.

    Source: Platt, "Probabilistic Outputs for Support Vector Machines and Comparisons to Regularized Likelihood
    Methods", Advances in Large Margin Classifiers, 1999, with its targets (N+ + 1) / (N+ + 2) and 1 / (N- + 2); by
    Newton's method with backtracking of Lin, Lin & Weng, "A Note on Platt's Probabilistic Outputs for Support Vector
    Machines", Machine Learning 68(3), 267-276, 2007, by its pseudocode.
    """
    known, some = scores.astype(np.float64), int(relevant.sum())
    if not 0 < some < len(known) or not np.isfinite(known).all():
        raise ValueError(f"expected finite scores, of relevant and of other pairs; {some} of {len(known)} are relevant")
    targets = np.where(relevant, (some + 1) / (some + 2), 1 / (len(known) - some + 2))
    middle, spread = float(known.mean()), float(known.std()) or 1.0
    slope, intercept = _descended((known - middle) / spread, targets)
    if slope < 0:
        slope, intercept = 0.0, _logit(float(targets.mean()))
    return Sigmoid(slope / spread, intercept - slope * middle / spread)


def log_loss(probabilities: F64, relevant: Bool) -> float:
    """Minus the mean logarithm of the probability [n] of what was the case [n]; the lower the better."""
    right = np.where(relevant, probabilities, 1 - probabilities)
    return float(-np.log(np.maximum(right, np.finfo(np.float64).tiny)).mean())


def reliability(probabilities: F64, relevant: Bool, *, bins: int = BINS) -> list[Bin]:
    """What probabilities [n] say beside what is the case [n], in bins of equal width that have any pair."""
    places = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    counts = np.bincount(places, minlength=bins)
    predicted = np.bincount(places, weights=probabilities, minlength=bins)
    observed = np.bincount(places, weights=relevant, minlength=bins)
    return [
        Bin(float(predicted[each] / counts[each]), float(observed[each] / counts[each]), int(counts[each]))
        for each in np.flatnonzero(counts)
    ]


def calibration_error(bins: list[Bin]) -> float:
    """How far predicted and observed are from each other, on average over the pairs of the bins.

    Source: expected calibration error, Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    pairs = sum(each.count for each in bins)
    return sum(each.count * abs(each.predicted - each.observed) for each in bins) / pairs


def _descended(scores: F64, targets: F64) -> tuple[float, float]:
    """Slope and intercept of the least log-loss of the targets [n]."""
    weights = np.array([0.0, _logit(float(targets.mean()))])
    loss = _loss(scores, targets, weights)
    for _ in range(STEPS):
        odds = np.exp(-np.logaddexp(0.0, -(weights[0] * scores + weights[1])))
        off, curved = odds - targets, odds * (1 - odds)
        gradient = np.array([off @ scores, off.sum()])
        if np.abs(gradient).max() < FLAT:
            break
        across = curved @ scores
        hessian = np.array([[curved @ scores**2 + RIDGE, across], [across, curved.sum() + RIDGE]])
        towards = -np.linalg.solve(hessian, gradient)
        step, promised = 1.0, float(gradient @ towards)
        while (found := _loss(scores, targets, weights + step * towards)) > loss + SUFFICES * step * promised:
            step /= 2
            if step < SHORTEST:
                return float(weights[0]), float(weights[1])
        weights, loss = weights + step * towards, found
    return float(weights[0]), float(weights[1])


def _loss(scores: F64, targets: F64, weights: F64) -> float:
    logits = weights[0] * scores + weights[1]
    return float((np.logaddexp(0.0, logits) - targets * logits).sum())


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))
