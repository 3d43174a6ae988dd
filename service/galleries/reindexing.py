"""Embedding a gallery anew, and going back."""

from index.catalog.galleries import GenerationRow
from index.gallery import Gallery
from index.generations import Generation as Embedded
from models.errors import GenerationNotFound
from service.galleries.generation_schemas import Generation, GenerationDetail, GenerationList
from service.galleries.summaries import generation_detail
from service.jobs.job_schemas import ReindexRequest
from service.resources import Resources
from service.timing import Stopwatch


def reindex(resources: Resources, gallery: str, request: ReindexRequest) -> Generation:
    """Switch a gallery to a new generation, by another bundle or its own.

    Raises:
        GalleryNotFound, BundleNotFound, DependencyMissing, SpaceMismatch, MediaInvalid, GenerationWorse, Conflict.
    """
    watch = Stopwatch()
    chosen = resources.galleries.get(gallery)
    bundle = resources.galleries.bundle(request.bundle or chosen.active.bundle.name)
    # The encoders first: a gallery must not switch to a bundle that no query could be made for.
    resources.prepare(bundle.manifest)
    extract = resources.encoders.extractor(bundle.manifest).extract
    fresh = chosen.reindex(
        bundle.name,
        rules=request.rules(resources.kept),
        extract=extract,
        biases=request.biases,
        expected=request.expected,
    )
    return _answer(chosen, fresh, watch)


def switch(resources: Resources, gallery: str, to: int | None, *, expected: int | None) -> Generation:
    """Answer with another generation, the last one before by default, if the expected one is the active one.

    Raises:
        GalleryNotFound, GenerationNotFound, BundleNotFound, DependencyMissing, SpaceMismatch, Conflict.
    """
    watch = Stopwatch()
    chosen = resources.galleries.get(gallery)
    chosen.check_active(expected)
    for row in _wanted(chosen, to):
        resources.prepare(resources.galleries.bundle(row.bundle.name).manifest)
    return _answer(chosen, chosen.roll_back(to, expected=expected), watch)


def listed(gallery: Gallery) -> GenerationList:
    """The generations that are kept."""
    active = gallery.active.number
    return GenerationList(generations=tuple(generation_detail(each, active) for each in gallery.generations()))


def detail(gallery: Gallery, number: int) -> GenerationDetail:
    """One of those that are kept, or being built; raises GenerationNotFound."""
    there = listed(gallery).generations
    if found := [each for each in there if each.number == number]:
        return found[0]
    known = ", ".join(str(each.number) for each in there)
    raise GenerationNotFound(f"the gallery {gallery.name!r} has no generation {number}; there are: {known}")


def _wanted(gallery: Gallery, to: int | None) -> list[GenerationRow]:
    """The generation that is asked for, if there is one."""
    active, rows = gallery.active.number, gallery.generations()
    if to is not None:
        return [each for each in rows if each.number == to]
    return [each for each in rows if each.state == "ready" and each.number < active][-1:]


def _answer(gallery: Gallery, fresh: Embedded, watch: Stopwatch) -> Generation:
    return Generation(
        gallery=gallery.name,
        generation=fresh.number,
        bundle=fresh.bundle.name,
        windows=gallery.summary().windows,
        took_ms=watch.elapsed_ms(),
    )
