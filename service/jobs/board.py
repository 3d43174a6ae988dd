"""The jobs there are: put up, looked at, cancelled and retried from any process that reaches their database."""

import secrets
import shutil
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from threading import Lock

from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions

from models.errors import Conflict, JobNotFound
from service.jobs.database import APPLICATION, QUEUE, VERSION, WORKFLOW, prepare, writing
from service.jobs.job_schemas import ENDED, Job, Kind, State
from service.jobs.newest import ALL, Place, Wanted, newest
from service.jobs.recorded import STATES, Running, job_of, running_of
from service.schemas import Document

POLL_S = 0.25
FORGOTTEN_AT_ONCE = 100


class Board:
    """The jobs of one data folder. Opens its database when it is first asked for something; close it."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self._opening = Lock()
        self._opened: DBOSClient | None = None

    def open(self) -> None:
        """Reach the database now, and keep a connection, which SQLite may need the disk for; raises Unavailable."""
        self._client.list_workflows(name=WORKFLOW, limit=1)

    def folder(self, job_id: str) -> Path:
        """Where a job keeps its files."""
        return self._folder / job_id

    def add(self, kind: Kind, gallery: str, request: Document, *, job_id: str | None = None) -> Job:
        """Put up a job; it outlives this process. One that is there by that id is the one."""
        found = job_id or new_id()
        options = EnqueueOptions(
            queue_name=QUEUE, workflow_name=WORKFLOW, workflow_id=found, app_version=VERSION, attributes={}
        )
        with writing():
            self._client.enqueue(options, kind, gallery, request)
        return self.get(found)

    def get(self, job_id: str) -> Job:
        """The job of that id; raises JobNotFound."""
        if not (found := self._client.list_workflows(workflow_ids=[job_id], name=WORKFLOW)):
            raise missing(job_id)
        return job_of(found[0])

    def listed(self, wanted: Wanted = ALL, *, after: Place | None = None, limit: int = 100) -> list[Job]:
        """The newest jobs, or those after a place."""
        return newest(self._client, wanted, after=after, limit=limit)

    def counted(self) -> Counter[tuple[Kind, State]]:
        """How many jobs there are of each kind in each state."""
        found = self._client.list_workflows(name=WORKFLOW, load_output=False)
        return Counter((each.kind, each.state) for each in map(job_of, found))

    def cancel(self, job_id: str) -> Job:
        """End a job between two of its steps; raises JobNotFound, Conflict where it has ended."""
        if (job := self.get(job_id)).has_ended:
            raise Conflict(f"the job {job_id} is {job.state}, expected one that is queued or running")
        with writing():
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
        with writing():
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
        return [running_of(each) for each in found]

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


def missing(job_id: str) -> JobNotFound:
    """What is said of a job that there is not, or that is none of the caller's."""
    return JobNotFound(f"there is no job {job_id!r}")


def new_id() -> str:
    """An id that no job has, in the order of time: SQLite tells jobs of one second apart by nothing else."""
    return f"{time.time_ns() // 1_000_000:011x}{secrets.token_hex(5)}"
