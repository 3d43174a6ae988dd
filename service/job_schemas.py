"""The shapes of jobs and of what asks for them."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from service.filtering import ClipsBody
from service.schemas import Frozen, Number, Text

Document = dict[str, Any]
"""What JSON calls an object: how jobs' requests, plans and results are kept."""

Kind = Literal["ingest", "reindex", "compact", "evaluate"]
State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
Labels = Annotated[tuple[Text, ...], Field(max_length=100, description="Of every clip, after those of its own.")]


class IngestRequest(Frozen):
    """Clips that lie on the server, to be put into a gallery."""

    source: Annotated[str, Field(min_length=1, max_length=4096)]
    labels: Labels = ()


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
    """Jobs, the newest first."""

    jobs: tuple[Job, ...]


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
