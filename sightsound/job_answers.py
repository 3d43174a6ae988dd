"""What the service answers about jobs and evaluations; docs/jobs.md and docs/evaluating.md say what fields mean."""

from typing import Any

from pydantic import AwareDatetime

from sightsound.answers import Answer, Tagged
from sightsound.choices import Kind, State


class ItemError(Answer):
    """An item that could not be done, and why; `code` is that of a problem."""

    item: str
    code: str
    detail: str


class Progress(Answer):
    """How far a job is, and how many seconds of the clip at work are done; `rate` in items a second."""

    done: int = 0
    total: int | None = None
    item: str | None = None
    reached_s: float | None = None
    rate: float | None = None
    time_left_s: float | None = None


class Job(Tagged):
    """Durable work with progress; `errors` are the first of its `error_count` items that could not be done."""

    id: str
    kind: Kind
    gallery: str
    state: State
    request: dict[str, Any]
    progress: Progress
    errors: tuple[ItemError, ...]
    error_count: int
    made_at: AwareDatetime
    started_at: AwareDatetime | None
    heartbeat_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    failure: str | None
    result: dict[str, Any] | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it, unless it is retried."""
        return self.state in ("done", "failed", "cancelled")


class JobList(Answer):
    """Jobs, the newest first; `next` is the cursor of those after them, None after the last."""

    jobs: tuple[Job, ...]
    next: str | None


class Evaluation(Answer):
    """That a generation was evaluated; `job` is the id of the job that did it."""

    id: int
    gallery: str
    generation: int
    protocol: str
    job: str | None
    request: dict[str, Any]
    made_at: AwareDatetime


class EvaluationReport(Evaluation):
    """What an evaluation found."""

    report: dict[str, Any]


class RouteFigures(Answer):
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


class EvaluationList(Answer):
    """The evaluations of a gallery, the oldest first."""

    evaluations: tuple[EvaluationSummary, ...]
