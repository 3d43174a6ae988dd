"""The shapes of classification: which classes to choose from, what a clip shows."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from fastapi import Form
from pydantic import Field, model_validator

from models.bundle.manifest import Channel
from models.errors import QueryInvalid
from models.types import Absence, Sense
from service.classify.vocabulary_schemas import VocabularyName
from service.schemas import HOW_MANY, MOST_CLASSES, Calibration, ClassNames, Frozen, Number, Problem, Text, Window
from service.search.queries import ClipId

MOST_ITEMS = 100
LARGEST = 1e9
By = Literal["clip", "window"]
BETAS: dict[str, float | None] = {"on": None, "off": 0.0}
CLASSES: dict[str, Any] = {"description": "Any words, repeated or separated by commas."}
VOCABULARY: dict[str, Any] = {"description": "The name of a stored vocabulary, in place of classes."}
CALIBRATION: dict[str, Any] = {"description": "on, off, or what to take off seen classes."}
RANKED: dict[str, Any] = {"description": "What is ranked: the clip, or each of its windows too."}
ABSTAIN: dict[str, Any] = {
    "ge": 0,
    "le": LARGEST,
    "allow_inf_nan": False,
    "description": "Abstain where the winner is less above the runner-up.",
}


@dataclass(frozen=True, slots=True)
class Choosing:
    """How classes are chosen; raises QueryInvalid for two ways to say which.

    Args:
        classes: those that compete, or else those of the `vocabulary` of that name; without either the bundle's own.
        beta: what is taken off seen classes; None: what the bundle was calibrated to.
        k: how many to tell at most.
        by: whether windows are ranked too.
        abstain_below: the least margin; None for any.
    """

    classes: tuple[str, ...] = ()
    vocabulary: str | None = None
    beta: float | None = None
    k: int = 10
    by: By = "clip"
    abstain_below: float | None = None

    def __post_init__(self) -> None:
        if self.classes and self.vocabulary is not None:
            raise QueryInvalid("found both classes and a vocabulary, expected one of them or none")


class ChoosingBody(Frozen):
    """How classes are chosen, as a part of a JSON body."""

    classes: Annotated[tuple[Text, ...] | None, Field(min_length=1, max_length=MOST_CLASSES, fail_fast=True)] = None
    vocabulary: Annotated[VocabularyName | None, Field(**VOCABULARY)] = None
    calibration: Annotated[
        Literal["on", "off"] | Annotated[float, Field(ge=-LARGEST, le=LARGEST)], Field(**CALIBRATION)
    ] = "on"
    k: Annotated[int, Field(**HOW_MANY)] = 10
    by: Annotated[By, Field(**RANKED)] = "clip"
    abstain_below: Annotated[float | None, Field(**ABSTAIN)] = None

    def choosing(self) -> Choosing:
        """The same, checked; raises QueryInvalid."""
        beta = BETAS[self.calibration] if isinstance(self.calibration, str) else self.calibration
        return Choosing(self.classes or (), self.vocabulary, beta, self.k, self.by, self.abstain_below)


async def by_form(
    classes: Annotated[ClassNames, Form(**CLASSES)] = (),
    vocabulary: Annotated[VocabularyName | None, Form(**VOCABULARY)] = None,
    calibration: Annotated[Calibration, Form(**CALIBRATION)] = "on",
    k: Annotated[int, Form(**HOW_MANY)] = 10,
    by: Annotated[By, Form(**RANKED)] = "clip",
    abstain_below: Annotated[float | None, Form(**ABSTAIN)] = None,
) -> Choosing:
    """As the fields of a form say; raises QueryInvalid."""
    beta = BETAS[calibration] if calibration in BETAS else float(calibration)
    return Choosing(classes, vocabulary, beta, k, by, abstain_below)


class StoredBody(Frozen):
    """A clip of a gallery, by its id, or a window of it, by its number."""

    clip: ClipId | None = None
    window: Number | None = None

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
