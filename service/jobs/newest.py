"""The newest jobs, some at a time, in the order in which they were made."""

from dataclasses import dataclass
from datetime import UTC, datetime

from dbos import DBOSClient

from service.jobs.database import WORKFLOW
from service.jobs.job_schemas import Job, Kind, State
from service.jobs.recorded import STATES, job_of

LOOKED_AT = 100
"""Jobs at least that are read at once; the database knows nothing of their galleries and kinds."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a job is in the order in which they were made."""

    made_ms: int
    job_id: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs are asked for; None for any."""

    state: State | None = None
    gallery: str | None = None
    kind: Kind | None = None

    def fits(self, job: Job) -> bool:
        """Whether it is one of these."""
        asked = ((self.state, job.state), (self.gallery, job.gallery), (self.kind, job.kind))
        return all(wanted in (None, found) for wanted, found in asked)

    @property
    def statuses(self) -> list[str] | None:
        """What the database calls their state, which may be that of others too; None for any."""
        if self.state == "failed":
            return [*_statuses("failed"), *_statuses("cancelled")]  # as one is that was failed from outside
        return None if self.state is None else _statuses(self.state)


ALL = Wanted()


def newest(client: DBOSClient, wanted: Wanted, *, after: Place | None, limit: int) -> list[Job]:
    """The newest jobs, or those after a place."""
    found, until = list[Job](), after
    while len(found) < limit:
        some, until = _stretch(client, wanted.statuses, until, most=max(limit, LOOKED_AT))
        found += [each for each in some if (after is None or place(each) < after) and wanted.fits(each)]
        if until is None:
            break
    return found[:limit]


def place(job: Job) -> Place:
    """Where it is in the order of jobs."""
    return Place(round(job.made_at.timestamp() * 1000), job.id)


def _stretch(
    client: DBOSClient, statuses: list[str] | None, until: Place | None, *, most: int
) -> tuple[list[Job], Place | None]:
    """The next jobs in their order, and from where to go on, None at the end.

    Jobs of one moment, on SQLite a second, come from the database in any order: a stretch has all of its last one.
    """
    end = None if until is None else _iso(until.made_ms)
    rows = client.list_workflows(name=WORKFLOW, status=statuses, end_time=end, limit=most, sort_desc=True)
    last = rows[-1].created_at if len(rows) == most else None
    if last is not None:
        at = _iso(last)
        rows += client.list_workflows(name=WORKFLOW, status=statuses, start_time=at, end_time=at)
    jobs = {each.workflow_id: job_of(each) for each in rows}.values()
    return sorted(jobs, key=place, reverse=True), None if last is None else Place(last - 1, "")


def _statuses(state: State) -> list[str]:
    return [status for status, each in STATES.items() if each == state]


def _iso(milliseconds: int) -> str:
    """A moment within that millisecond, which the board's database rounds down."""
    return datetime.fromtimestamp((milliseconds + 0.5) / 1000, UTC).isoformat()
