"""The jobs there are: put up, looked at, cancelled and retried from any process that reaches their database."""

import secrets
import shutil
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions, WorkflowStatus

from models.errors import Conflict, JobNotFound
from service.job_schemas import ENDED, Document, ItemError, Job, Kind, Progress, State
from service.jobs.database import APPLICATION, QUEUE, VERSION, WORKFLOW, prepare

STATES: dict[str, State] = {
    "ENQUEUED": "queued",
    "DELAYED": "queued",
    "PENDING": "running",
    "SUCCESS": "done",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
    "CANCELLED": "cancelled",
}
POLL_S = 0.25
FORGOTTEN_AT_ONCE = 100
LOOKED_AT = 100
"""Jobs at least that are read at once; the database knows nothing of their galleries and kinds."""
WORN_OUT = "its workers died again and again while they were at it"


@dataclass(frozen=True, slots=True)
class Running:
    """A job in the hands of a worker: the process, and what it wrote last as a sign of life."""

    job_id: str
    executor: str
    heartbeat: str


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a job is in the order in which they were made."""

    made_ms: int
    job_id: str


class Board:
    """The jobs of one data folder. Opens its database when it is first asked for something; close it."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self._opening = Lock()
        self._opened: DBOSClient | None = None

    def open(self) -> None:
        """Reach the database now, so that a fault of it is known; raises Unavailable."""
        _ = self._client

    def folder(self, job_id: str) -> Path:
        """Where a job keeps its files."""
        return self._folder / job_id

    def add(self, kind: Kind, gallery: str, request: Document, *, job_id: str | None = None) -> Job:
        """Put up a job; it outlives this process. One that is there by that id is the one."""
        found = job_id or new_id()
        options = EnqueueOptions(
            queue_name=QUEUE, workflow_name=WORKFLOW, workflow_id=found, app_version=VERSION, attributes={}
        )
        self._client.enqueue(options, kind, gallery, request)
        return self.get(found)

    def get(self, job_id: str) -> Job:
        """The job of that id; raises JobNotFound."""
        if not (found := self._client.list_workflows(workflow_ids=[job_id], name=WORKFLOW)):
            raise missing(job_id)
        return _job(found[0])

    def listed(
        self,
        *,
        state: State | None = None,
        gallery: str | None = None,
        kind: Kind | None = None,
        after: Place | None = None,
        limit: int = 100,
    ) -> list[Job]:
        """The newest jobs, or those after a place; of one state, gallery and kind where these are given."""
        wanted = [status for status, each in STATES.items() if each == state] or None
        if state == "failed" and wanted is not None:
            wanted.append("CANCELLED")  # as one is that was failed from outside of its worker
        found, until = list[Job](), after
        while len(found) < limit:
            some, until = self._stretch(wanted, until, after=after, most=max(limit, LOOKED_AT))
            found += [each for each in some if _is(each, state=state, gallery=gallery, kind=kind)]
            if until is None:
                break
        return found[:limit]

    def _stretch(
        self, statuses: list[str] | None, until: Place | None, *, after: Place | None, most: int
    ) -> tuple[list[Job], Place | None]:
        """The next jobs in their order, and from where to go on, None at the end.

        Jobs of one moment, on SQLite a second, come from the database in any order: a stretch has all of its last one.
        """
        end = None if until is None else _iso(until.made_ms)
        rows = self._client.list_workflows(name=WORKFLOW, status=statuses, end_time=end, limit=most, sort_desc=True)
        last = rows[-1].created_at if len(rows) == most else None
        if last is not None:
            at = _iso(last)
            rows += self._client.list_workflows(name=WORKFLOW, status=statuses, start_time=at, end_time=at)
        jobs = {each.workflow_id: _job(each) for each in rows}.values()
        ordered = sorted((each for each in jobs if after is None or place(each) < after), key=place, reverse=True)
        return ordered, None if last is None else Place(last - 1, "")

    def counted(self) -> Counter[tuple[Kind, State]]:
        """How many jobs there are of each kind in each state."""
        found = self._client.list_workflows(name=WORKFLOW, load_output=False)
        return Counter((each.kind, each.state) for each in map(_job, found))

    def cancel(self, job_id: str) -> Job:
        """End a job between two of its steps; raises JobNotFound, Conflict where it has ended."""
        if (job := self.get(job_id)).has_ended:
            raise Conflict(f"the job {job_id} is {job.state}, expected one that is queued or running")
        self._client.cancel_workflow(job_id)
        return self.get(job_id)

    def retry(self, job_id: str) -> Job:
        """Do a job again that failed, was cancelled, or left items undone; what is done is not done twice.

        Raises:
            JobNotFound.
            Conflict: it has not ended, or there is nothing left to do.
        """
        job = self.get(job_id)
        if not job.has_ended or (job.state == "done" and not job.error_count):
            raise Conflict(f"the job {job_id} is {job.state}, expected failed, cancelled or done with errors")
        self._client.update_workflow_attributes(job_id, {})
        self._client.rewind_workflow(job_id, queue_name=QUEUE, application_version=VERSION)
        return self.get(job_id)

    def forget(self, before: datetime) -> int:
        """Forget the jobs that ended before a moment, with their steps and files; says how many those were.

        A retry that comes between the look at a job and its end finds no job.
        """
        ended = [status for status, state in STATES.items() if state in ENDED]
        gone = 0
        while found := self._client.list_workflows(
            name=WORKFLOW, status=ended, completed_before=before.isoformat(), limit=FORGOTTEN_AT_ONCE
        ):
            for each in found:
                self._forget(each.workflow_id)
            gone += len(found)
        return gone

    def report(self, job_id: str, found: Document) -> None:
        """Write down how a job goes, beside what was written before."""
        self._client.update_workflow_attributes(job_id, found, merge=True)

    def open_queue(self, jobs: int) -> None:
        """Let every worker take so many jobs at once; before it starts, so that it need not look for the queue."""
        self._client.register_queue(QUEUE, worker_concurrency=jobs, polling_interval_sec=POLL_S)

    def running(self) -> list[Running]:
        """The jobs that are being worked on, as far as is written."""
        found = self._client.list_workflows(status="PENDING", name=WORKFLOW, load_input=False, load_output=False)
        return [Running(each.workflow_id, each.executor_id or "", _beat(each)) for each in found]

    def fail(self, job_id: str, why: str) -> None:
        """End a job that its own worker cannot end."""
        self.report(job_id, {"failure": why})
        self._client.cancel_workflow(job_id)

    def _forget(self, job_id: str) -> None:
        """Its files first: whoever is killed in between finds the job still written down."""
        shutil.rmtree(self.folder(job_id), ignore_errors=True)
        self._client.delete_workflow(job_id)

    def close(self) -> None:
        """Leave the database."""
        if self._opened is not None:
            self._opened.destroy()
            self._opened = None

    @property
    def _client(self) -> DBOSClient:
        with self._opening:
            if self._opened is None:
                prepare(self._url)
                self._opened = DBOSClient(
                    system_database_url=self._url,
                    serializer=DBOSPortableJSONSerializer(),
                    application_name=APPLICATION,
                )
            return self._opened


def place(job: Job) -> Place:
    """Where it is in the order of jobs."""
    return Place(round(job.made_at.timestamp() * 1000), job.id)


def missing(job_id: str) -> JobNotFound:
    """What is said of a job that there is not, or that is none of the caller's."""
    return JobNotFound(f"there is no job {job_id!r}")


def new_id() -> str:
    """An id that no job has, in the order of time: SQLite tells jobs of one second apart by nothing else."""
    return f"{time.time_ns() // 1_000_000:011x}{secrets.token_hex(5)}"


def _is(job: Job, *, state: State | None, gallery: str | None, kind: Kind | None) -> bool:
    """Whether it is of a state, a gallery and a kind, None standing for any."""
    asked = ((state, job.state), (gallery, job.gallery), (kind, job.kind))
    return all(wanted in (None, found) for wanted, found in asked)


def _iso(milliseconds: int) -> str:
    """A moment within that millisecond, which the board's database rounds down."""
    return datetime.fromtimestamp((milliseconds + 0.5) / 1000, UTC).isoformat()


def _job(status: WorkflowStatus) -> Job:
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
        ended_at=_moment(status.completed_at),
        failure=noted.get("failure") or _failure(status) if state == "failed" else None,
        result=status.output if state == "done" else None,
    )


def _failure(status: WorkflowStatus) -> str:
    return str(status.error) if status.error is not None else WORN_OUT


def _beat(status: WorkflowStatus) -> str:
    return str((status.attributes or {}).get("heartbeat_at"))


def _noted(noted: dict[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(noted[name]) if name in noted else None


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
