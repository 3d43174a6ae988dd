"""Jobs, some at a time, as far as the caller may see them."""

from typing import Annotated

from pydantic import StringConstraints

from service.callers.caller import Caller
from service.jobs.board import Board, missing
from service.jobs.job_schemas import Job, JobList
from service.jobs.newest import Place, Wanted, place

JobCursor = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,14}-[0-9A-Za-z_-]{1,64}$")]
"""When a job was made, in milliseconds since the epoch (of which 14 digits are the year 5138), and its id."""


def page(board: Board, caller: Caller, wanted: Wanted, *, cursor: str | None, limit: int) -> JobList:
    """The newest, or those after a cursor; one more is looked for, to know whether any follows.

    Raises NotAllowed for a gallery that is not the caller's.
    """
    if wanted.gallery is not None:
        caller.check(wanted.gallery)
    after, found = _place(cursor), list[Job]()
    while len(found) <= limit:
        some = board.listed(wanted, after=after, limit=limit + 1)
        found += [each for each in some if caller.sees(each.gallery)]
        if len(some) <= limit:
            break
        after = place(some[-1])
    shown = found[:limit]
    return JobList(jobs=tuple(shown), next=_cursor(shown[-1]) if len(found) > limit else None)


def seen(board: Board, caller: Caller, job_id: str) -> Job:
    """The job of that id; raises JobNotFound, also where its gallery is not the caller's."""
    job = board.get(job_id)
    if not caller.sees(job.gallery):
        raise missing(job_id)
    return job


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    made_ms, job_id = cursor.split("-", 1)
    return Place(int(made_ms), job_id)


def _cursor(job: Job) -> str:
    at = place(job)
    return f"{at.made_ms}-{at.job_id}"
