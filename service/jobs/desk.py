"""Where jobs are asked for: requests checked while the asker still listens, then put up on the board."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from index.galleries import Galleries
from index.gallery import Gallery
from models.errors import GalleryNotFound, GenerationNotFound, JobNotFound, RouteMissing
from models.evaluation.projection import check_projection
from models.media.collection import Item
from service.evaluations.evaluation_schemas import EvaluationRequest
from service.incoming.parts import Part
from service.incoming.spool import room_on_disk
from service.jobs import items
from service.jobs.board import Board, new_id
from service.jobs.ingesting import UPLOADS
from service.jobs.job_schemas import IngestRequest, Job, ReindexRequest
from service.jobs.reaching import Reach, wanted
from service.schemas import Document


def ingest(
    board: Board,
    galleries: Galleries,
    gallery: str,
    request: IngestRequest,
    *,
    may: Reach,
    job_id: str | None = None,
) -> Job:
    """A job for the clips of a folder or csv, or for those that are listed, each by its path or URL.

    Raises GalleryNotFound, QueryInvalid, and FetchRefused for a URL that nothing may be fetched from.
    """
    galleries.get(gallery)
    if request.items is None:
        assert request.source is not None, "a request has one of them"
        items.checked_source(request.source, may.root)
        return board.add("ingest", gallery, {"source": request.source, "labels": list(request.labels)}, job_id=job_id)
    found = wanted(request.items, may)
    told = {"source": None, "items": len(found), "labels": list(request.labels)}
    return _with_items(board, gallery, told, lambda _: found, job_id)


def upload(
    board: Board,
    galleries: Galleries,
    gallery: str,
    files: Sequence[tuple[str, Part]],
    *,
    labels: Sequence[str],
    job_id: str | None = None,
) -> Job:
    """A job for uploaded clips, which wait in its folder; raises GalleryNotFound.

    One that is there by that id is the one; what a process that died left of its folder is begun anew.
    """
    galleries.get(gallery)
    told = {"source": None, "labels": list(labels)}
    return _with_items(board, gallery, told, lambda folder: _kept(files, folder / UPLOADS), job_id)


def _with_items(
    board: Board, gallery: str, told: Document, make: Callable[[Path], Iterable[Item]], job_id: str | None
) -> Job:
    """A job whose items are written into its folder."""
    job_id = job_id or new_id()
    with suppress(JobNotFound):
        return board.get(job_id)
    folder = board.folder(job_id)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with room_on_disk():
            items.write(make(folder), folder)
        return board.add("ingest", gallery, told, job_id=job_id)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def reindex(
    board: Board, galleries: Galleries, gallery: str, request: ReindexRequest, *, job_id: str | None = None
) -> Job:
    """A job to embed a gallery anew; raises GalleryNotFound, BundleNotFound, Conflict."""
    galleries.get(gallery).check_active(request.expected)
    if request.bundle is not None:
        galleries.bundle(request.bundle)
    return board.add("reindex", gallery, request.model_dump(mode="json"), job_id=job_id)


def evaluate(
    board: Board, galleries: Galleries, gallery: str, request: EvaluationRequest, *, job_id: str | None = None
) -> Job:
    """A job to evaluate a gallery; raises GalleryNotFound, GenerationNotFound, RouteMissing.

    With a map also DependencyMissing.
    """
    chosen = galleries.get(gallery)
    _check_generations(chosen, (request.generation, request.compare_to))
    there = chosen.active.routes
    if request.generation is None and (odd := [each for each in request.routes if each not in there]):
        raise RouteMissing(f"the gallery {gallery!r} has no route {odd[0]!r}; it has {', '.join(there)}")
    if request.map:
        check_projection()
    return board.add("evaluate", gallery, request.model_dump(mode="json"), job_id=job_id)


def compact(board: Board, galleries: Galleries, gallery: str, *, job_id: str | None = None) -> Job:
    """A job to build a gallery's vectors anew; raises GalleryNotFound."""
    galleries.get(gallery)
    return board.add("compact", gallery, {}, job_id=job_id)


def cancel(board: Board, galleries: Galleries, job_id: str) -> Job:
    """End a job; what a reindexing has begun to build is given up. Raises JobNotFound, Conflict."""
    job = board.cancel(job_id)
    if job.kind == "reindex":
        with suppress(GalleryNotFound):
            galleries.get(job.gallery).give_up(job_id)
    return job


def _check_generations(gallery: Gallery, wanted: Iterable[int | None]) -> None:
    there = [each.number for each in gallery.generations() if each.state == "ready"]
    if odd := [each for each in wanted if each is not None and each not in there]:
        known = ", ".join(map(str, there))
        raise GenerationNotFound(f"the gallery {gallery.name!r} has no generation {odd[0]}; there are: {known}")


def _kept(files: Sequence[tuple[str, Part]], folder: Path) -> list[Item]:
    """Files under numbers: what they are called is a stranger's choice."""
    folder.mkdir(parents=True)
    found = []
    for number, (name, file) in enumerate(files, 1):
        place = f"{number:06}"
        file.keep(folder / place)
        found.append(Item(place, name))
    return found
