"""The shapes of classification: what is classified, and what it shows."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from models.bundle.manifest import Channel
from models.types import Absence, Sense
from service.classify.choosing import ChoosingBody
from service.http.problem_schemas import Problem
from service.schemas import Body, Frozen, Window, WindowNumber
from service.search.queries import ClipId

MOST_ITEMS = 100


class StoredBody(Body):
    """A clip of a gallery, by its id, or a window of it, by its number."""

    clip: ClipId | None = None
    window: WindowNumber | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.clip is None) == (self.window is None):
            raise ValueError("expected exactly one of clip and window")
        return self

    @property
    def of(self) -> int | str:
        """The window's number, or the clip's id."""
        of = self.window if self.clip is None else self.clip
        assert of is not None, "one of them is there"
        return of


class ClassifyRequest(StoredBody, ChoosingBody):
    """A clip or window of a gallery, to be classified by the gallery's bundle."""

    gallery: Annotated[str, Field(min_length=1, max_length=64)]


class ClassifyBatchRequest(ChoosingBody):
    """Clips and windows of a gallery, each to be classified for itself."""

    gallery: Annotated[str, Field(min_length=1, max_length=64)]
    items: Annotated[tuple[StoredBody, ...], Field(min_length=1, max_length=MOST_ITEMS, fail_fast=True)]


class RankedClass(Frozen):
    """A class, its calibrated score, what was taken off for being seen, and the part that each modality has in it."""

    name: str
    score: float
    seen: bool
    taken_off: float
    parts: dict[Sense, float]


class Ranking(Frozen):
    """What a clip or window shows, best first; `margin` is the winner's score minus the runner-up's, null without one.

    `probability` is that the winner is right, null where that is not known: of other classes than the bundle's whole
    vocabulary, or another beta than its own. `abstained` says that the margin is below what was asked for: the classes
    are no answer then.
    """

    route: str
    channel: Channel
    decided_by: Sense | None
    beta: float
    margin: float | None
    probability: float | None
    abstained: bool
    classes: tuple[RankedClass, ...]


class RankedWindow(Window):
    """What a window of a clip shows; null where it lacks what the bundle looks at, and why in `absent`."""

    absent: dict[Sense, Absence]
    ranking: Ranking | None


class ClipRanking(Ranking):
    """What a clip shows, and if that was asked for each of its windows."""

    windows: tuple[RankedWindow, ...] | None


class ClassifyAnswer(ClipRanking):
    """What a clip shows, by which gallery's bundle, and by which vocabulary if one was named."""

    gallery: str
    bundle: str
    vocabulary: str | None
    took_ms: float


class ItemRanking(Frozen):
    """What one of several shows, or the problem that it has: one of them is null.

    `item` is the name of the file, the id of the clip, or the number of the window.
    """

    item: str
    ranking: ClipRanking | None
    problem: Problem | None


class ClassifyBatchAnswer(Frozen):
    """What each of several clips or windows shows, in their order."""

    gallery: str
    bundle: str
    vocabulary: str | None
    took_ms: float
    answers: tuple[ItemRanking, ...]
