"""The client that waits for its answers."""

from collections.abc import Callable, Iterator
from functools import wraps
from time import monotonic, sleep
from types import TracebackType
from typing import Concatenate, ParamSpec, Protocol, Self, TypeVar

import httpx

from sightsound.client.call import Call, Pages
from sightsound.client.calls import bundles as of_bundles
from sightsound.client.calls import classes as of_classes
from sightsound.client.calls import clips as of_clips
from sightsound.client.calls import evaluations as of_evaluations
from sightsound.client.calls import galleries as of_galleries
from sightsound.client.calls import jobs as of_jobs
from sightsound.client.calls import search as of_search
from sightsound.client.calls import service as of_service
from sightsound.client.exchange import accepted, request_of
from sightsound.client.patience import LOOK_S, Patience
from sightsound.client.reaching import HERE, headers_of
from sightsound.client.retrying import Attempts, Retries
from sightsound.job_answers import Job

P = ParamSpec("P")
A = TypeVar("A")


class Makes(Protocol):
    """Whatever makes calls."""

    def make(self, call: Call[A]) -> A: ...


def made(describe: Callable[P, Call[A]]) -> Callable[Concatenate[Makes, P], A]:
    """The method that makes a call and waits for its answer."""

    @wraps(describe)
    def method(self: Makes, /, *args: P.args, **kwargs: P.kwargs) -> A:
        return self.make(describe(*args, **kwargs))

    return method


def read(describe: Callable[P, Pages[A]]) -> Callable[Concatenate[Makes, P], Iterator[A]]:
    """The method that reads page after page, each when it is reached."""

    @wraps(describe)
    def method(self: Makes, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[A]:
        pages, cursor = describe(*args, **kwargs), None
        while True:
            found, cursor = self.make(pages.page(cursor))
            yield from found
            if cursor is None:
                return

    return method


class Jobs:
    """The jobs of a service, as `Client.jobs` has them; raises as the client does.

    Each method that asks for a job returns it as it was put up: `wait` for its end.
    """

    def __init__(self, client: Makes) -> None:
        self._client = client

    def make(self, call: Call[A]) -> A:
        """What the service answers to a call."""
        return self._client.make(call)

    ingest = made(of_jobs.ingest)
    upload = made(of_jobs.upload)
    reindex = made(of_jobs.reindex)
    compact = made(of_jobs.compact)
    evaluate = made(of_jobs.evaluate)
    get = made(of_jobs.get_job)
    listed = made(of_jobs.listed)
    every = read(of_jobs.every)
    cancel = made(of_jobs.cancel)
    retry = made(of_jobs.retry)

    def watch(self, job_id: str, *, timeout_s: float | None = None) -> Iterator[Job]:
        """The job now, whenever it has changed, and last as it ended; raises TimeoutError."""
        patience, job = Patience(timeout_s, monotonic()), self.get(job_id)
        yield job
        while not job.has_ended:
            patience.check(job, monotonic())
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


class Client:
    """The service at `base_url`; close it, or use it in a `with` block. Durable work is asked for by `jobs`.

    Args:
        key: what the service asks for, where it does; see docs/keys.md.
        timeout_s: how long one attempt may be without a byte.
        retries: how often, and after how long, what failed for the moment is tried again.

    Every method raises ServiceRefused for a refusal, and httpx.TransportError when the service cannot be reached.
    """

    def __init__(
        self,
        base_url: str = HERE,
        *,
        key: str | None = None,
        timeout_s: float = 60.0,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(base_url=base_url, headers=headers_of(key), timeout=timeout_s, transport=transport)
        self._retries = retries or Retries()
        self.jobs = Jobs(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def make(self, call: Call[A]) -> A:
        """What the service answers to a call, after as many attempts as it takes."""
        attempts = Attempts(self._retries, may_repeat=call.may_repeat)
        while True:
            answer, error = self._attempt(call)
            if (wait_s := attempts.after(answer)) is None:
                if answer is None:
                    assert error is not None
                    raise error
                return call.read(accepted(answer))
            sleep(wait_s)

    def _attempt(self, call: Call[A]) -> tuple[httpx.Response | None, httpx.TransportError | None]:
        with request_of(self._http, call) as request:
            try:
                return self._http.send(request), None
            except httpx.TransportError as error:
                return None, error

    search = made(of_search.search)
    search_clip = made(of_search.search_clip)
    search_by = made(of_search.search_by)
    hits = read(of_search.hits)
    search_batch = made(of_search.search_batch)

    classify = made(of_classes.classify)
    classify_files = made(of_classes.classify_files)
    classify_stored = made(of_classes.classify_stored)
    classify_stored_batch = made(of_classes.classify_stored_batch)
    vocabularies = read(of_classes.vocabularies)
    vocabulary = made(of_classes.vocabulary)
    set_vocabulary = made(of_classes.set_vocabulary)
    remove_vocabulary = made(of_classes.remove_vocabulary)

    clips = read(of_clips.clips)
    clip = made(of_clips.clip)
    add_clip = made(of_clips.add_clip)
    change_clip = made(of_clips.change_clip)
    remove_clip = made(of_clips.remove_clip)
    remove_clips = made(of_clips.remove_clips)
    media = made(of_clips.media)
    preview = made(of_clips.preview)
    thumbnail = made(of_clips.thumbnail)
    waveform = made(of_clips.waveform)
    waveform_picture = made(of_clips.waveform_picture)

    galleries = made(of_galleries.galleries)
    gallery = made(of_galleries.gallery)
    gallery_statistics = made(of_galleries.gallery_statistics)
    create_gallery = made(of_galleries.create_gallery)
    remove_gallery = made(of_galleries.remove_gallery)
    reindex = made(of_galleries.reindex)
    generations = made(of_galleries.generations)
    generation = made(of_galleries.generation)
    activate = made(of_galleries.activate)
    remove_generation = made(of_galleries.remove_generation)
    roll_back = made(of_galleries.roll_back)

    evaluations = made(of_evaluations.evaluations)
    evaluation = made(of_evaluations.evaluation)
    compare_evaluations = made(of_evaluations.compare_evaluations)
    evaluation_plot = made(of_evaluations.evaluation_plot)
    remove_evaluation = made(of_evaluations.remove_evaluation)

    bundles = made(of_bundles.bundles)
    bundle = made(of_bundles.bundle)
    add_bundle = made(of_bundles.add_bundle)
    bundle_archive = made(of_bundles.bundle_archive)
    remove_bundle = made(of_bundles.remove_bundle)

    status = made(of_service.status)
    readiness = made(of_service.readiness)
    keys = made(of_service.keys)
    create_key = made(of_service.create_key)
    revoke_key = made(of_service.revoke_key)
    audit = read(of_service.audit)
