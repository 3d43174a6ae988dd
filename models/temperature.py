"""How probable it is that the class a clip was given is the right one: a temperature for the scores of all classes."""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from models.probability import calibration_error, log_loss, reliability
from models.types import F32, F64, I64

HALVINGS = 60
STEEPEST = 1e6
"""Of the inverse temperature, in units of the scores' spread."""


class ClassTemperature(BaseModel):
    """The temperature of one channel, for the whole vocabulary of a bundle with its own beta taken off, and that alone.

    Args:
        clips, classes: how many it was fitted on, and among how many classes.
        accuracy: the share of those clips whose winner is right, over clips and not over classes.
        log_loss, error: of the winner, each half of the clips by the other: minus the mean logarithm of the probability
            of what was the case, and how far probability and share of right ones are apart.
        fitted_on: in words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    temperature: float = Field(gt=0)
    clips: int = Field(ge=2)
    classes: int = Field(ge=2)
    accuracy: float = Field(ge=0, le=1)
    log_loss: float = Field(ge=0)
    error: float = Field(ge=0, le=1)
    fitted_on: str

    def of(self, scores: F32) -> F64:
        """[n, c] the probability of each class by stacked scores [n, c] of the whole vocabulary; each row sums to 1."""
        return softened(scores, self.temperature)


def softened(scores: F32, temperature: float) -> F64:
    """[n, c] the softmax of scores [n, c] over a temperature."""
    logits = (scores - scores.max(axis=1, keepdims=True)).astype(np.float64) / temperature
    raised = np.exp(logits)
    found: F64 = raised / raised.sum(axis=1, keepdims=True)
    return found


def fit_temperature(scores: F32, labels: I64) -> float:
    """The temperature of the least log-loss of the right columns `labels` [n] by scores [n, c].

    Labels are softened as if one more clip had been of any class alike, so that nothing is ever certain.

    Source: temperature scaling, Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. Its
    loss is convex in the inverse temperature, so that the sign of the slope tells on which side the best one is.
    """
    known = scores.astype(np.float64)
    spread = float((known.max(axis=1) - known.mean(axis=1)).mean()) or 1.0
    share = 1 / (len(known) + 1)
    wanted = (1 - share) * known[np.arange(len(known)), labels] + share * known.mean(axis=1)
    low, high = 1 / STEEPEST, STEEPEST
    for _ in range(HALVINGS):
        middle = float(np.sqrt(low * high))
        expected = (softened(scores, spread / middle) * known).sum(axis=1)
        low, high = (low, middle) if (expected - wanted).sum() > 0 else (middle, high)
    return spread / float(np.sqrt(low * high))


def class_temperature(scores: F32, labels: I64, *, fitted_on: str) -> ClassTemperature | None:
    """The temperature of stacked scores [n, c] of clips with the right columns [n]; None of fewer than four clips."""
    if len(labels) < 4 or scores.shape[1] < 2:
        return None
    confidence, right = np.empty(len(labels)), scores.argmax(axis=1) == labels
    ranks = np.empty(len(labels), np.int64)
    ranks[np.argsort(labels, kind="stable")] = np.arange(len(labels))
    for half in (ranks % 2 == 0, ranks % 2 == 1):
        confidence[half] = softened(scores[half], fit_temperature(scores[~half], labels[~half])).max(axis=1)
    return ClassTemperature(
        temperature=fit_temperature(scores, labels),
        clips=len(labels),
        classes=scores.shape[1],
        accuracy=float(right.mean()),
        log_loss=log_loss(confidence, right),
        error=calibration_error(reliability(confidence, right)),
        fitted_on=fitted_on,
    )
