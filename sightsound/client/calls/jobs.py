"""Durable work of the service, each thing that can be asked for as a call; `Client.jobs` makes them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from sightsound.asking import EVERYTHING, Fields, Item, Only, given, reindex_body
from sightsound.choices import Kind, State
from sightsound.client.addresses import JOBS, named, of_gallery
from sightsound.client.call import Call, Files, Pages, Told, change, get, pages, part
from sightsound.client.call import upload as sent
from sightsound.gallery_answers import RouteBias
from sightsound.job_answers import Job, JobList


def ingest(
    gallery: str, source: str | None = None, *, items: Sequence[Item] = (), labels: Sequence[str] = ()
) -> Call[Job]:
    """Put clips into a gallery: of a folder or csv of the server, below its `ingest_root`, or `items` one by one."""
    listed = [each.body() for each in items] or None
    return _put_up(gallery, "jobs/ingest", {**given({"source": source, "items": listed}), "labels": list(labels)})


def upload(
    gallery: str, paths: Sequence[Path | str], *, labels: Sequence[str] = (), told: Told | None = None
) -> Call[Job]:
    """Put these files into a gallery; all of them show what the labels say."""
    files = Files("files", paths, told)
    return sent(Job, f"{of_gallery(gallery)}/jobs/upload", {"labels": list(labels)}, files)


def reindex(
    gallery: str,
    bundle: str | None = None,
    *,
    tolerance: float | None = None,
    force: bool = False,
    biases: Mapping[str, RouteBias | Literal["chosen"]] | None = None,
    expected: int | None = None,
) -> Call[Job]:
    """As `Client.reindex` does, in the background."""
    asked = reindex_body(bundle, tolerance=tolerance, force=force, biases=biases, expected=expected)
    return _put_up(gallery, "jobs/reindex", asked)


def compact(gallery: str) -> Call[Job]:
    """Build a gallery's vectors anew, so that what came and went since they were built is indexed too."""
    return _put_up(gallery, "jobs/compact", None)


def evaluate(
    gallery: str,
    routes: Sequence[str] = (),
    *,
    generation: int | None = None,
    compare_to: int | None = None,
    only: Only = EVERYTHING,
    map: bool = False,
) -> Call[Job]:
    """Find out how well a gallery's bundle does on what the gallery holds, or on some of it; by all routes.

    With `map` a map is drawn too, for `evaluation_map`.
    """
    named = {"routes": list(routes), "generation": generation, "compare_to": compare_to}
    told = {**named, "only": only.clips_body(), "map": map}
    return _put_up(gallery, "evaluations", told)


def get_job(job_id: str) -> Call[Job]:
    """One job, as it is now."""
    return get(Job, named(JOBS, job_id))


def listed(
    *, state: State | None = None, gallery: str | None = None, kind: Kind | None = None, limit: int = 100
) -> Call[tuple[Job, ...]]:
    """The newest jobs; of one state, gallery or kind if they are given."""
    return part(get(JobList, JOBS, _wanted(state, gallery, kind, limit)), lambda found: found.jobs)


def every(
    *, state: State | None = None, gallery: str | None = None, kind: Kind | None = None, at_once: int = 100
) -> Pages[Job]:
    """All jobs, the newest first, or those of one state, gallery or kind; so many are fetched at once."""
    return pages(JobList, JOBS, _wanted(state, gallery, kind, at_once), lambda page: (page.jobs, page.next))


def cancel(job_id: str) -> Call[Job]:
    """End a job between two of its steps."""
    return change(Job, f"{named(JOBS, job_id)}/cancel")


def retry(job_id: str) -> Call[Job]:
    """Do again what failed, was cancelled, or left items undone."""
    return change(Job, f"{named(JOBS, job_id)}/retry")


def _put_up(gallery: str, kind: str, asked: Mapping[str, Any] | None) -> Call[Job]:
    return change(Job, f"{of_gallery(gallery)}/{kind}", asked)


def _wanted(state: State | None, gallery: str | None, kind: Kind | None, limit: int) -> Fields:
    return given({"state": state, "gallery": gallery, "kind": kind, "limit": str(limit)})
