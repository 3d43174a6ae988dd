"""The shapes of jobs and of what asks for them."""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, Field, JsonValue, model_validator

from index.reindexing import Rules
from index.verification import TOLERANCE
from models.hubness import RouteBias
from service.schemas import Body, Document, Frozen, Number, Text, few_names

Kind = Literal["ingest", "reindex", "compact", "evaluate"]
State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
MOST_ITEMS = 10_000
Labels = Annotated[
    tuple[Text, ...], Field(max_length=100, fail_fast=True, description="Of every clip, after those of its own.")
]


class IngestItem(Body):
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


class IngestRequest(Body):
    """Clips to be put into a gallery: of a `source`, a folder or csv that lies on the server, or `items` one by one."""

    source: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    items: Annotated[tuple[IngestItem, ...] | None, Field(min_length=1, max_length=MOST_ITEMS, fail_fast=True)] = None
    labels: Labels = ()

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.source is None) == (self.items is None):
            raise ValueError("expected a source or items, and not both")
        return self


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


class ReindexRequest(Body):
    """Which bundle to embed a gallery with, its own by default, and how much worse it may find; `force`: by any.

    `biases` are by route, "chosen" for what the gallery's own labels choose; by default those that there are.
    Where another generation than `expected` is active, nothing is done.
    """

    bundle: Annotated[str, Field(min_length=1)] | None = None
    tolerance: Annotated[float, Field(ge=0, le=1)] = TOLERANCE
    force: bool = False
    biases: Annotated[dict[str, RouteBias | Literal["chosen"]] | None, BeforeValidator(few_names)] = None
    expected: Number | None = None

    def rules(self, kept: int) -> Rules:
        """What the new generation must keep to, where so many are kept."""
        return Rules(tolerance=None if self.force else self.tolerance, kept=kept)
