"""Embedding a gallery anew."""

from service.resources import Resources
from service.schemas import Generation
from service.timing import Stopwatch


def reindex(resources: Resources, gallery: str, bundle: str | None) -> Generation:
    """Switch a gallery to a new generation, by another bundle or its own.

    Raises:
        GalleryNotFound, BundleNotFound, DependencyMissing, SpaceMismatch, Conflict.
    """
    watch = Stopwatch()
    chosen = resources.galleries.get(gallery)
    name = bundle or chosen.active.bundle.name
    # The encoders first: a gallery must not switch to a bundle that no query could be made for.
    resources.prepare(resources.galleries.bundle(name).manifest)
    fresh = chosen.reindex(name)
    return Generation(
        gallery=chosen.name,
        generation=fresh.number,
        bundle=fresh.bundle.name,
        windows=chosen.summary().windows,
        took_ms=watch.elapsed_ms(),
    )
