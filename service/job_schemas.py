"""The shapes of jobs and of what asks for them."""

from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, JsonValue, model_validator

from service.schemas import Frozen, Number, Text
from service.search.filtering import ClipsBody

Document = dict[str, Any]
"""What JSON calls an object: how jobs' requests, plans and results are kept."""

Kind = Literal["ingest", "reindex", "compact", "evaluate"]
State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
MOST_ITEMS = 10_000
Labels = Annotated[tuple[Text, ...], Field(max_length=100, description="Of every clip, after those of its own.")]


class IngestItem(Frozen):
    """A clip by its `url`, or by its `path` below the folder that jobs may read, and what is said of it."""

    url: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    path: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    name: Text | None = None
    labels: Labels = ()
    metadata: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.url is None) == (self.path is None):
            raise ValueError("expected a url or a path, and not both")
        return self


class IngestRequest(Frozen):
    """Clips to be put into a gallery: of a `source`, a folder or csv that lies on the server, or `items` one by one."""

    source: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    items: Annotated[tuple[IngestItem, ...] | None, Field(min_length=1, max_length=MOST_ITEMS, fail_fast=True)] = None
    labels: Labels = ()

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.source is None) == (self.items is None):
            raise ValueError("expected a source or items, and not both")
        return self


class EvaluationRequest(Frozen):
    """What to find out about a gallery: all routes of the active generation by default, compared to none.

    `only` are the clips that it is evaluated on, as those of a split that their metadata names.
    """

    routes: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    protocol: Literal["gallery@1"] = "gallery@1"
    generation: Number | None = None
    compare_to: Number | None = None
    only: ClipsBody = ClipsBody()


class ItemError(Frozen):
    """An item that could not be done, and why; `code` is that of a problem."""

    item: str
    code: str
    detail: str


class Progress(Frozen):
    """How far a job is, and how many seconds of the clip at work are done; `rate` in items a second.

    What cannot be told yet is null.
    """

    done: int = 0
    total: int | None = None
    item: str | None = None
    reached_s: float | None = None
    rate: float | None = None
    time_left_s: float | None = None


class Job(Frozen):
    """Durable work with progress; `errors` are the first of its `error_count` items that could not be done."""

    id: str
    kind: Kind
    gallery: str
    state: State
    request: Document
    progress: Progress
    errors: tuple[ItemError, ...]
    error_count: int
    made_at: AwareDatetime
    started_at: AwareDatetime | None
    heartbeat_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    failure: str | None
    result: Document | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDED


class JobList(Frozen):
    """Jobs, the newest first; `next` is the cursor of those after them, null after the last."""

    jobs: tuple[Job, ...]
    next: str | None


class Evaluation(Frozen):
    """That a generation was evaluated; `job` is the id of the job that did it."""

    id: int
    gallery: str
    generation: int
    protocol: str
    job: str | None
    request: Document
    made_at: AwareDatetime


class EvaluationReport(Evaluation):
    """What an evaluation found."""

    report: Document


class EvaluationList(Frozen):
    """The evaluations of a gallery, the oldest first."""

    evaluations: tuple[Evaluation, ...]
