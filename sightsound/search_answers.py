"""What a search answers, and why; docs/searching.md says what each field means."""

from sightsound.answers import Answer, Clip, ClipWindow, Sense


class NearWord(Answer):
    """A class of the bundle's vocabulary and its score; higher is nearer."""

    name: str
    score: float


class NearWords(Answer):
    """The classes nearest to the query and to the hit, the nearest first."""

    query: tuple[NearWord, ...] | None
    hit: tuple[NearWord, ...] | None


class CalibratedBy(Answer):
    """What makes probabilities of a route's scores, 1 / (1 + exp(-(slope * score + intercept))), and how good it is.

    `source` is where that is from, such as `evaluation 3`.
    """

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


class QueryWindow(Answer):
    """A window of the clip that was asked with, and the raw score that it has by itself."""

    start_s: float
    end_s: float
    score: float


class Attention(Answer):
    """How much sound and pictures weigh in the query and in the hit, where the bundle weighs them."""

    query: dict[Sense, float] | None
    hit: dict[Sense, float] | None


class Explanation(Answer):
    """Why a hit was found; what cannot be told exactly is None."""

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


class Moment(Answer):
    """A further window of a clip that was found, less near than its best, and overlapping none that is nearer."""

    score: float
    probability: float | None = None
    window: ClipWindow
    window_id: int


class Hit(Answer):
    """A window of a clip and how near it is to the query; higher is nearer.

    `probability` is that it shows the query's class, given that the gallery has clips of it, `explanation` why it was
    found; None where that is not there. `moments` are the next best of its clip, as many as were asked for.
    """

    score: float
    probability: float | None = None
    clip: Clip
    window: ClipWindow
    window_id: int
    explanation: Explanation | None = None
    moments: tuple[Moment, ...] = ()


class SearchAnswer(Answer):
    """What was found, best first; `next` is the offset of the hits after these, None where there are none.

    `cursor` asks for those too, by itself; None unless the search was asked for pages.

    `calibrated_on` names where probabilities are from, `evaluation 3` or `bundle demo-cjme`; None where there are none.
    """

    gallery: str
    route: str
    bundle: str
    took_ms: float
    calibrated_on: str | None = None
    hits: tuple[Hit, ...]
    next: int | None
    cursor: str | None = None


class BatchAnswer(Answer):
    """What was found for each query of a batch, in their order; best first."""

    gallery: str
    route: str
    bundle: str
    took_ms: float
    calibrated_on: str | None = None
    answers: tuple[tuple[Hit, ...], ...]
