"""Durable work of the service: asked for, watched until it ends, cancelled, retried."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Literal

from sightsound.addresses import of_gallery, of_job
from sightsound.answers import RouteBias
from sightsound.asking import EVERYTHING, Fields, Only, reindex_body
from sightsound.job_answers import Job, JobList, State
from sightsound.transport import Transport

LOOK_S = 0.25


class Jobs:
    """The jobs of a service, as `Client.jobs` has them; raises as the client does.

    Each method that asks for a job returns it as it was put up: `wait` for its end.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ingest(self, gallery: str, source: str, *, labels: Sequence[str] = ()) -> Job:
        """Put the clips of a folder or csv of the server, below its `ingest_root`, into a gallery."""
        return self._put_up(gallery, "jobs/ingest", {"source": source, "labels": list(labels)})

    def upload(self, gallery: str, paths: Sequence[Path | str], *, labels: Sequence[str] = ()) -> Job:
        """Put these files into a gallery; all of them show what the labels say."""
        form: Fields = {"labels": list(labels)}
        return self._transport.send(Job, f"{of_gallery(gallery)}/jobs/upload", form=form, field="files", paths=paths)

    def reindex(
        self,
        gallery: str,
        bundle: str | None = None,
        *,
        tolerance: float | Literal["any"] | None = None,
        biases: Mapping[str, RouteBias | Literal["chosen"]] | None = None,
    ) -> Job:
        """As `Client.reindex` does, in the background."""
        return self._put_up(gallery, "jobs/reindex", reindex_body(bundle, tolerance=tolerance, biases=biases))

    def compact(self, gallery: str) -> Job:
        """Build a gallery's vectors anew, so that what came and went since they were built is indexed too."""
        return self._put_up(gallery, "jobs/compact", None)

    def evaluate(
        self,
        gallery: str,
        routes: Sequence[str] = (),
        *,
        generation: int | None = None,
        compare_to: int | None = None,
        only: Only = EVERYTHING,
    ) -> Job:
        """Find out how well a gallery's bundle does on what the gallery holds, or on some of it; by all routes."""
        told = {
            "routes": list(routes),
            "generation": generation,
            "compare_to": compare_to,
            "only": only.clips_body(),
        }
        return self._put_up(gallery, "evaluations", told)

    def get(self, job_id: str) -> Job:
        """One job, as it is now."""
        return self._transport.ask(Job, "GET", of_job(job_id))

    def listed(self, *, state: State | None = None, limit: int = 100) -> tuple[Job, ...]:
        """The newest jobs; of one state if it is given."""
        query: Fields = {"limit": str(limit), **({"state": state} if state else {})}
        return self._transport.ask(JobList, "GET", "/v1/jobs", query=query).jobs

    def watch(self, job_id: str, *, timeout_s: float | None = None) -> Iterator[Job]:
        """The job now, whenever it has changed, and last as it ended; raises TimeoutError."""
        began, job = monotonic(), self.get(job_id)
        yield job
        while not job.has_ended:
            if timeout_s is not None and monotonic() - began > timeout_s:
                raise TimeoutError(f"the job {job_id} is {job.state} after {timeout_s:g} s")
            sleep(LOOK_S)
            before, job = job, self.get(job_id)
            if job != before:
                yield job

    def wait(
        self, job_id: str, *, timeout_s: float | None = None, show: Callable[[Job], object] = lambda job: None
    ) -> Job:
        """The job once it has ended, whichever way; `show` is called with it whenever it has changed.

        Raises TimeoutError.
        """
        for job in self.watch(job_id, timeout_s=timeout_s):
            show(job)
        return job

    def cancel(self, job_id: str) -> Job:
        """End a job between two of its steps."""
        return self._transport.ask(Job, "POST", f"{of_job(job_id)}/cancel")

    def retry(self, job_id: str) -> Job:
        """Do again what failed, was cancelled, or left items undone."""
        return self._transport.ask(Job, "POST", f"{of_job(job_id)}/retry")

    def _put_up(self, gallery: str, kind: str, asked: Mapping[str, Any] | None) -> Job:
        return self._transport.ask(Job, "POST", f"{of_gallery(gallery)}/{kind}", json=asked)
