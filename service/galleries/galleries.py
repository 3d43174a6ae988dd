"""Galleries made, listed, counted and deleted."""

from collections.abc import Iterator
from contextlib import suppress

from index.gallery import Gallery
from models.errors import Conflict, GalleryNotFound
from service.callers.caller import Caller
from service.galleries.gallery_schemas import (
    GalleryRequest,
    GallerySummary,
)
from service.galleries.summaries import summary
from service.http.conditions import Expected
from service.jobs.newest import Wanted
from service.resources import Resources


def create(resources: Resources, asked: GalleryRequest) -> Gallery:
    """An empty gallery, once it is committed.

    Raises:
        Conflict: there is one of that name.
        BundleNotFound, BundleInvalid, DependencyMissing, InvalidInput.
    """
    # The encoders first: nothing could be asked of a gallery without them.
    resources.prepare(resources.galleries.bundle(asked.bundle).manifest)
    return resources.galleries.create(asked.name, asked.bundle)


def listed(resources: Resources, caller: Caller) -> Iterator[GallerySummary]:
    """Those that the caller may see, in order of their names; one that goes meanwhile is passed over."""
    for name in filter(caller.sees, sorted(resources.galleries.names())):
        with suppress(GalleryNotFound):
            yield summary(resources.galleries.get(name))


def delete(resources: Resources, name: str, expected: Expected) -> None:
    """Delete a gallery with all that it holds, for good.

    Raises:
        GalleryNotFound.
        Conflict: a job is at work on it, or waits.
        PreconditionFailed: it is not what the caller has seen.
    """
    gallery = resources.galleries.get(name)

    def check() -> None:
        _check_idle(resources, name)
        expected.check(summary(gallery))

    resources.galleries.delete(name, check)


def _check_idle(resources: Resources, name: str) -> None:
    for state in ("running", "queued"):
        if found := resources.board.listed(Wanted(state=state, gallery=name), limit=1):
            raise Conflict(
                f"the job {found[0].id} ({found[0].kind}) on the gallery {name!r} is {state}: cancel it first"
            )
