"""Galleries made, listed, counted and deleted."""

from collections.abc import Iterator
from contextlib import suppress

from index.gallery import Gallery
from index.statistics import GalleryStatistics as Counted
from models.errors import Conflict, GalleryNotFound
from service.callers.caller import Caller
from service.galleries.gallery_schemas import FeatureStatistics, GalleryRequest, GalleryStatistics, GenerationStatistics
from service.http.conditions import Expected
from service.resources import Resources
from service.schemas import GallerySummary
from service.summaries import moment, summary


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


def statistics(found: Counted) -> GalleryStatistics:
    """A gallery counted, as an answer."""
    return GalleryStatistics(
        name=found.name,
        bundle=found.bundle,
        generation=found.generation,
        clips=found.clips,
        windows=found.windows,
        media_bytes=found.media_bytes,
        features=tuple(
            FeatureStatistics(
                sense=each.sense, backbone_sha256=each.backbone_sha256, width=each.width, windows=each.windows
            )
            for each in found.features
        ),
        labels=dict(found.labels),
        generations=tuple(
            GenerationStatistics(number=each.number, bundle=each.bundle, state=each.state, made_at=moment(each.made_at))
            for each in found.generations
        ),
    )


def _check_idle(resources: Resources, name: str) -> None:
    for state in ("running", "queued"):
        if found := resources.board.listed(state=state, gallery=name, limit=1):
            raise Conflict(
                f"the job {found[0].id} ({found[0].kind}) on the gallery {name!r} is {state}: cancel it first"
            )
