"""The shapes of two evaluations side by side."""

from service.evaluations.evaluation_schemas import Evaluation
from service.schemas import Frozen


class Beside(Frozen):
    """A figure of both evaluations, null where one cannot tell it, and how much higher that of the second is."""

    first: float | None
    second: float | None
    difference: float | None


class Paired(Frozen):
    """The mean difference of average precision over so many classes, its 95 % interval, and how likely by chance."""

    classes: int
    difference: float
    interval: tuple[float, float]
    p: float


class Intervals(Frozen):
    """The 95 % interval of `by_sample` of each evaluation, each for itself."""

    first: tuple[float, float] | None
    second: tuple[float, float] | None


class RouteComparison(Frozen):
    """How well both retrieve by a route; `by_class` is null where they differ in the classes that count as seen."""

    by_sample: Beside
    intervals: Intervals
    by_class: dict[str, Beside] | None
    paired: Paired | None


class EvaluationComparison(Frozen):
    """Two evaluations of the same clips side by side; differences above 0: the second is better.

    `same_classes` says whether the same classes compete, and the same of them count as seen: only then is the
    classification comparable, and null otherwise. `left_out` are the routes and channels that one of both lacks.
    """

    gallery: str
    first: Evaluation
    second: Evaluation
    bundles: tuple[str, str]
    clips: int
    same_classes: bool
    retrieval: dict[str, RouteComparison]
    classification: dict[str, dict[str, Beside]] | None
    left_out: tuple[str, ...]
