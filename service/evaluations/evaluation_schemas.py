"""The shapes of evaluations and of what asks for them."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from service.schemas import Body, Document, Frozen, Number
from service.search.filtering import ClipsBody


class EvaluationRequest(Body):
    """What to find out about a gallery: all routes of the active generation by default, compared to none.

    `only` are the clips that it is evaluated on, as those of a split that their metadata names. With `map` a map of
    them is drawn too.
    """

    routes: Annotated[tuple[str, ...], Field(max_length=100, fail_fast=True)] = ()
    protocol: Literal["gallery@1"] = "gallery@1"
    generation: Number | None = None
    compare_to: Number | None = None
    only: ClipsBody = ClipsBody()
    map: bool = False


class Evaluation(Frozen):
    """That a generation was evaluated; `job` is the id of the job that did it."""

    id: int
    gallery: str
    generation: int
    protocol: str
    job: str | None
    request: Annotated[Document, Field(title="Asked")]  # another name than that of the requests themselves
    made_at: AwareDatetime


class EvaluationReport(Evaluation):
    """What an evaluation found."""

    report: Document


class RouteFigures(Frozen):
    """Mean average precision by a route: of seen and unseen classes, and over queries with its 95 % interval."""

    by_class: dict[str, float | None]
    by_sample: float | None
    interval: tuple[float, float] | None


class EvaluationSummary(Evaluation):
    """What an evaluation found in short: by route, and by channel as mean class accuracies."""

    bundle: str
    clips: int
    classes: int
    retrieval: dict[str, RouteFigures]
    classification: dict[str, dict[str, float | None]]


class EvaluationList(Frozen):
    """The evaluations of a gallery, the oldest first."""

    evaluations: tuple[EvaluationSummary, ...]
