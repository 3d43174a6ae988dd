"""What a search answers with: hits, best first."""

from service.schemas import Clip, ClipWindow, Frozen
from service.search.explain_schemas import Explanation


class Moment(Frozen):
    """A further window of a clip that was found, less near than its best, and overlapping none that is nearer."""

    score: float
    probability: float | None = None
    window: ClipWindow
    window_id: int


class Hit(Frozen):
    """A window of a clip and how near it is to the query; higher is nearer.

    `probability` is that it shows the query's class, given that the gallery has clips of it: of a query that nothing
    matches it says nothing. It is null where nothing was fitted for such scores. `explanation` says why the hit was
    found, if that was asked for. `moments` are the next best of its clip, as many as were asked for.
    """

    score: float
    probability: float | None = None
    clip: Clip
    window: ClipWindow
    window_id: int
    explanation: Explanation | None = None
    moments: tuple[Moment, ...] = ()


class SearchAnswer(Frozen):
    """What was found, best first; `next` is the offset of the hits after these, null where there are none.

    `cursor` asks for those too, by itself; null unless the search was asked for pages.

    `calibrated_on` names where probabilities are from, `evaluation 3` or `bundle demo-cjme`; null where there are none.
    """

    gallery: str
    route: str
    bundle: str
    took_ms: float
    calibrated_on: str | None = None
    hits: tuple[Hit, ...]
    next: int | None
    cursor: str | None = None


class BatchAnswer(Frozen):
    """What was found for each query of a batch, in their order; best first."""

    gallery: str
    route: str
    bundle: str
    took_ms: float
    calibrated_on: str | None = None
    answers: tuple[tuple[Hit, ...], ...]
