"""Jobs as their database has them: DBOS's workflows, with what is noted on each."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dbos import WorkflowStatus

from service.jobs.job_schemas import ItemError, Job, Progress, State

STATES: dict[str, State] = {
    "ENQUEUED": "queued",
    "DELAYED": "queued",
    "PENDING": "running",
    "SUCCESS": "done",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
    "CANCELLED": "cancelled",
}
WORN_OUT = "its workers died again and again while they were at it"


@dataclass(frozen=True, slots=True)
class Running:
    """A job in the hands of a worker: the process, and what it wrote last as a sign of life."""

    job_id: str
    executor: str
    heartbeat: str


def job_of(status: WorkflowStatus) -> Job:
    """The job of a workflow."""
    kind, gallery, request = status.input["args"] if status.input else ("ingest", "", {})
    noted: dict[str, Any] = status.attributes or {}
    state = "failed" if "failure" in noted and status.status == "CANCELLED" else STATES[status.status]
    return Job(
        id=status.workflow_id,
        kind=kind,
        gallery=gallery,
        state=state,
        request=request,
        progress=Progress(**noted.get("progress", {})),
        errors=tuple(ItemError(**each) for each in noted.get("errors", ())),
        error_count=noted.get("error_count", 0),
        made_at=_moment(status.created_at) or datetime.now(UTC),
        started_at=_noted(noted, "started_at"),
        heartbeat_at=_noted(noted, "heartbeat_at"),
        ended_at=_ended(status, noted),
        failure=noted.get("failure") or _failure(status) if state == "failed" else None,
        result=status.output if state == "done" else None,
    )


def _failure(status: WorkflowStatus) -> str:
    return str(status.error) if status.error is not None else WORN_OUT


def running_of(status: WorkflowStatus) -> Running:
    """Of a workflow that is pending: who is at it."""
    heartbeat = str((status.attributes or {}).get("heartbeat_at"))
    return Running(status.workflow_id, status.executor_id or "", heartbeat)


def _noted(noted: dict[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(noted[name]) if name in noted else None


def _ended(status: WorkflowStatus, noted: dict[str, Any]) -> datetime | None:
    """When it ended; SQLite tells the second, in which the last sign of life comes as the worker lets go of it."""
    ended, last = _moment(status.completed_at), _noted(noted, "heartbeat_at")
    if ended is None or last is None:
        return ended
    return last if timedelta(0) <= last - ended < timedelta(seconds=1) else ended


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
