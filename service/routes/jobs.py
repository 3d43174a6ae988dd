"""Jobs: durable work with progress."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, File, Form, Header, Query, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from service.callers.caller import Asking
from service.callers.scopes import JOB_SCOPES
from service.http.conditions import tagged
from service.incoming.fetching import Fetcher, FetchRules
from service.incoming.parts import SpoolingRoute, part_of
from service.incoming.uploads import file_name
from service.jobs import desk
from service.jobs import listing as job_listing
from service.jobs.events import event_id, progress_events, still_counts
from service.jobs.job_schemas import IngestRequest, Job, JobList, Kind, ReindexRequest, State
from service.jobs.listing import JobCursor
from service.jobs.newest import Wanted
from service.jobs.reaching import Reach
from service.replies import JobId
from service.resources import Opened
from service.schemas import Text
from service.settings import Settings

router = APIRouter(tags=["jobs"], route_class=SpoolingRoute)
GALLERY = "/v1/galleries/{gallery}/jobs"
JOB = "/v1/jobs/{job_id}"
STREAM = {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Progress, event by event"}


@router.post(f"{GALLERY}/ingest", status_code=202)
def start_ingest(
    gallery: str, request: IngestRequest, asked: Request, resources: Opened, response: Response, job_id: JobId
) -> Job:
    """Put clips into a gallery: those of a folder or csv of the server, or of a list of paths and URLs."""
    settings: Settings = asked.app.state.settings
    fetcher = Fetcher(FetchRules.of(settings)) if settings.fetch_urls else None
    may = Reach(settings.ingest_root, fetcher)
    job = desk.ingest(resources.board, resources.galleries, gallery, request, may=may, job_id=job_id)
    return accepted(response, job)


@router.post(f"{GALLERY}/upload", status_code=202)
def start_upload(
    gallery: str,
    resources: Opened,
    response: Response,
    job_id: JobId,
    files: Annotated[tuple[UploadFile, ...], File(description="Clips, each a file with sound, pictures or both.")],
    labels: Annotated[tuple[Text, ...], Form(description="What all of them show.")] = (),
) -> Job:
    """Put uploaded clips into a gallery; they are kept until that is done."""
    received = [(file_name(each), part_of(each)) for each in files]
    job = desk.upload(resources.board, resources.galleries, gallery, received, labels=labels, job_id=job_id)
    return accepted(response, job)


@router.post(f"{GALLERY}/reindex", status_code=202)
def start_reindexing(
    gallery: str, resources: Opened, response: Response, job_id: JobId, request: ReindexRequest | None = None
) -> Job:
    """Embed a gallery anew in the background, with its own or another bundle."""
    wanted = request or ReindexRequest()
    return accepted(response, desk.reindex(resources.board, resources.galleries, gallery, wanted, job_id=job_id))


@router.post(f"{GALLERY}/compact", status_code=202)
def start_compaction(gallery: str, resources: Opened, response: Response, job_id: JobId) -> Job:
    """Build a gallery's vectors anew in the background."""
    return accepted(response, desk.compact(resources.board, resources.galleries, gallery, job_id=job_id))


@router.get("/v1/jobs")
def list_jobs(
    resources: Opened,
    caller: Asking,
    state: Annotated[State | None, Query(description="Only those.")] = None,
    gallery: Annotated[str | None, Query(description="Only those of this gallery.")] = None,
    kind: Annotated[Kind | None, Query(description="Only those of this kind.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many at most.")] = 100,
    cursor: Annotated[JobCursor | None, Query(description="As `next` of the page before.")] = None,
) -> JobList:
    """The jobs there are, the newest first."""
    wanted = Wanted(state=state, gallery=gallery, kind=kind)
    return job_listing.page(resources.board, caller, wanted, cursor=cursor, limit=limit)


@router.get(JOB)
def get_job(job_id: str, resources: Opened, caller: Asking, response: Response) -> Job:
    """One job: its state, progress, errors and result."""
    return tagged(response, job_listing.seen(resources.board, caller, job_id))


@router.get(f"{JOB}/events", response_class=StreamingResponse, responses={200: STREAM})
async def watch_job(
    job_id: str,
    asked: Request,
    resources: Opened,
    caller: Asking,
    last_event_id: Annotated[str | None, Header(description="The event that was seen last, as browsers send.")] = None,
) -> Response:
    """A job's progress as server-sent events, until it ends; 204 to who has seen its end."""
    job = await run_in_threadpool(job_listing.seen, resources.board, caller, job_id)
    if job.has_ended and last_event_id == event_id(job):
        return Response(status_code=204)  # which tells a browser not to ask again
    found = progress_events(
        resources.board,
        job,
        is_leaving=asked.app.state.is_leaving,
        may=partial(still_counts, resources.galleries.keys, caller),
        known=last_event_id,
    )
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(found, media_type="text/event-stream", headers=headers)


@router.post(f"{JOB}/cancel")
def cancel_job(job_id: str, resources: Opened, caller: Asking) -> Job:
    """End a job; the step that it is at is still done."""
    caller.require(JOB_SCOPES[job_listing.seen(resources.board, caller, job_id).kind])
    return desk.cancel(resources.board, resources.galleries, job_id)


@router.post(f"{JOB}/retry", status_code=202)
def retry_job(job_id: str, resources: Opened, caller: Asking, response: Response) -> Job:
    """Do again what failed, was cancelled or left items undone."""
    caller.require(JOB_SCOPES[job_listing.seen(resources.board, caller, job_id).kind])
    return accepted(response, resources.board.retry(job_id))


def accepted(response: Response, job: Job) -> Job:
    """The job, and in the header where to look for it."""
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job
