"""The shapes of explanations: why a hit was found. What cannot be told exactly is null."""

from typing import Self

from index.sigmoids import Chosen
from models.bundle.manifest import Frozen
from models.types import Sense


class NearWord(Frozen):
    """A class of the bundle's vocabulary and its score; higher is nearer."""

    name: str
    score: float


class CalibratedBy(Frozen):
    """What makes probabilities of a route's scores: its source, such as `evaluation 3`, and a RouteSigmoid."""

    source: str
    slope: float
    intercept: float
    queries: int
    pairs: int
    base_rate: float
    log_loss: float | None
    error: float | None
    hits_error: float | None
    fitted_on: str

    @classmethod
    def of(cls, chosen: Chosen) -> Self:
        """The same, as it is answered."""
        return cls(source=chosen.source, **chosen.sigmoid.model_dump())


class QueryWindow(Frozen):
    """A window of the clip that was asked with, and the raw score that it has by itself."""

    start_s: float
    end_s: float
    score: float


class Attention(Frozen):
    """How much sound and pictures weigh in the query and in the hit, where the bundle weighs them."""

    query: dict[Sense, float] | None
    hit: dict[Sense, float] | None


class NearWords(Frozen):
    """The classes nearest to the query and to the hit, the nearest first."""

    query: tuple[NearWord, ...] | None
    hit: tuple[NearWord, ...] | None


class Explanation(Frozen):
    """Why a hit was found.

    Args:
        raw_score: before anything was taken off.
        bias: what the corrections of the route took off it.
        query_scores: the raw score by each query alone, in their order.
        probability, calibration: that the hit is of the query's class, and by what that is told.
        parts: what each modality adds to the raw score.
        attention: how they are weighed.
        words: the classes nearest to both.
        query_windows: of a clip, the windows that are nearest to the hit, the nearest first, of `query_window_count`.
    """

    raw_score: float | None = None
    bias: float | None = None
    query_scores: tuple[float, ...] | None = None
    probability: float | None = None
    calibration: CalibratedBy | None = None
    parts: dict[Sense, float] | None = None
    attention: Attention | None = None
    words: NearWords | None = None
    query_windows: tuple[QueryWindow, ...] | None = None
    query_window_count: int | None = None
