"""A job's progress as server-sent events (the HTML standard, 9.2), until it ends or who watches may no more."""

import asyncio
from collections.abc import AsyncIterator, Callable
from time import monotonic

from fastapi.concurrency import run_in_threadpool

from index.keys import Keys
from models.errors import Unavailable
from service.callers.caller import Caller
from service.http.conditions import tag
from service.jobs.board import Board
from service.jobs.job_schemas import Job

LOOK_S, ALIVE_S = 0.25, 15.0
KEY_S = 2.0
"""How often it is looked whether the key of who watches still counts."""
RETRY_MS = 1000
"""After which a browser that lost the line asks again."""


async def progress_events(
    board: Board, job: Job, *, is_leaving: Callable[[], bool], may: Callable[[], bool], known: str | None = None
) -> AsyncIterator[str]:
    """An event `progress` with the job whenever it has changed, `ended` as the last one.

    It breaks off where the service ends, and where who watches `may` no more. `known` is the id of the event that who
    asks again saw last, which is not sent again.
    """
    shown, at = job, monotonic()
    asked_at = at
    yield f"retry: {RETRY_MS}\n\n"
    if event_id(job) != known:
        yield _event(job)
    while not (job.has_ended or is_leaving()):
        await asyncio.sleep(LOOK_S)
        if monotonic() - asked_at >= KEY_S:
            asked_at = monotonic()
            if not await run_in_threadpool(may):
                return
        job = await run_in_threadpool(board.get, job.id)
        if job != shown:
            shown, at = job, monotonic()
            yield _event(job)
        elif monotonic() - at > ALIVE_S:  # so that proxies keep the line open
            at = monotonic()
            yield ": alive\n\n"


def still_counts(keys: Keys, caller: Caller) -> bool:
    """Whether who asked may ask on: no key was asked for, or theirs was neither revoked nor has it expired."""
    try:
        return not caller.name or any(each.name == caller.name for each in keys.counting())
    except Unavailable:
        return False


def event_id(job: Job) -> str:
    """Of the event that tells of a job as it is."""
    return tag(job).strip('"')


def _event(job: Job) -> str:
    name = "ended" if job.has_ended else "progress"
    return f"event: {name}\nid: {event_id(job)}\ndata: {job.model_dump_json()}\n\n"
