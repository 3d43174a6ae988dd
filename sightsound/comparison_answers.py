"""What the service answers about two evaluations side by side; docs/evaluating.md says what each field means."""

from sightsound.answers import Answer
from sightsound.job_answers import Evaluation


class Beside(Answer):
    """A figure of both evaluations, None where one cannot tell it, and how much higher that of the second is."""

    first: float | None
    second: float | None
    difference: float | None


class Paired(Answer):
    """The mean difference of average precision over so many classes, its 95 % interval, and how likely by chance."""

    classes: int
    difference: float
    interval: tuple[float, float]
    p: float


class Intervals(Answer):
    """The 95 % interval of `by_sample` of each evaluation, each for itself."""

    first: tuple[float, float] | None
    second: tuple[float, float] | None


class RouteComparison(Answer):
    """How well both retrieve by a route; `by_class` is None where they differ in the classes that count as seen."""

    by_sample: Beside
    intervals: Intervals
    by_class: dict[str, Beside] | None
    paired: Paired | None


class EvaluationComparison(Answer):
    """Two evaluations of the same clips side by side; differences above 0: the second is better."""

    gallery: str
    first: Evaluation
    second: Evaluation
    bundles: tuple[str, str]
    clips: int
    same_classes: bool
    retrieval: dict[str, RouteComparison]
    classification: dict[str, dict[str, Beside]] | None
    left_out: tuple[str, ...]
