"""Jobs: durable work with progress."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from service.job_schemas import IngestRequest, Job, JobList, State
from service.jobs import desk
from service.jobs.events import progress_events
from service.resources import Opened
from service.schemas import ReindexRequest, Text
from service.uploads import file_name

router = APIRouter(tags=["jobs"])
GALLERY = "/v1/galleries/{gallery}/jobs"
JOB = "/v1/jobs/{job_id}"
STREAM = {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Progress, event by event"}


@router.post(f"{GALLERY}/ingest", status_code=202)
def ingest(gallery: str, request: IngestRequest, asked: Request, resources: Opened, response: Response) -> Job:
    """Put the clips of a folder or csv of the server into a gallery."""
    root = asked.app.state.settings.ingest_root
    return accepted(response, desk.ingest(resources.board, resources.galleries, gallery, request, root=root))


@router.post(f"{GALLERY}/upload", status_code=202)
def upload(
    gallery: str,
    resources: Opened,
    response: Response,
    files: Annotated[tuple[UploadFile, ...], File(description="Clips, each a file with sound, pictures or both.")],
    labels: Annotated[tuple[Text, ...], Form(description="What all of them show.")] = (),
) -> Job:
    """Put uploaded clips into a gallery; they are kept until that is done."""
    received = [(file_name(each), each.file) for each in files]
    return accepted(response, desk.upload(resources.board, resources.galleries, gallery, received, labels=labels))


@router.post(f"{GALLERY}/reindex", status_code=202)
def reindex(gallery: str, resources: Opened, response: Response, request: ReindexRequest | None = None) -> Job:
    """Embed a gallery anew in the background, with its own or another bundle."""
    wanted = request or ReindexRequest()
    return accepted(response, desk.reindex(resources.board, resources.galleries, gallery, wanted))


@router.post(f"{GALLERY}/compact", status_code=202)
def compact(gallery: str, resources: Opened, response: Response) -> Job:
    """Build a gallery's vectors anew in the background."""
    return accepted(response, desk.compact(resources.board, resources.galleries, gallery))


@router.get("/v1/jobs")
def list_jobs(
    resources: Opened,
    state: Annotated[State | None, Query(description="Only those.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many at most.")] = 100,
) -> JobList:
    """The jobs there are, the newest first."""
    return JobList(jobs=tuple(resources.board.listed(state=state, limit=limit)))


@router.get(JOB)
def get_job(job_id: str, resources: Opened) -> Job:
    """One job: its state, progress, errors and result."""
    return resources.board.get(job_id)


@router.get(f"{JOB}/events", response_class=StreamingResponse, responses={200: STREAM})
async def watch_job(job_id: str, asked: Request, resources: Opened) -> StreamingResponse:
    """A job's progress as server-sent events, until it ends."""
    job = await run_in_threadpool(resources.board.get, job_id)
    found = progress_events(resources.board, job, is_leaving=asked.app.state.is_leaving)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(found, media_type="text/event-stream", headers=headers)


@router.post(f"{JOB}/cancel")
def cancel(job_id: str, resources: Opened) -> Job:
    """End a job; the step that it is at is still done."""
    return desk.cancel(resources.board, resources.galleries, job_id)


@router.post(f"{JOB}/retry", status_code=202)
def retry(job_id: str, resources: Opened, response: Response) -> Job:
    """Do again what failed, was cancelled or left items undone."""
    return accepted(response, resources.board.retry(job_id))


def accepted(response: Response, job: Job) -> Job:
    """The job, and in the header where to look for it."""
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job
