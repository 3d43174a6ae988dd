"""Where jobs are asked for: requests checked while the asker still listens, then put up on the board."""

import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from index.galleries import Galleries
from index.gallery import Gallery
from models.errors import GalleryNotFound, GenerationNotFound, RouteMissing
from service.job_schemas import EvaluationRequest, IngestRequest, Job
from service.jobs import items
from service.jobs.board import Board, new_id
from service.jobs.ingesting import UPLOADS
from service.jobs.items import Item
from service.schemas import ReindexRequest


def ingest(board: Board, galleries: Galleries, gallery: str, request: IngestRequest, *, root: Path | None) -> Job:
    """A job for the clips of a folder or csv; raises GalleryNotFound, QueryInvalid."""
    galleries.get(gallery)
    items.checked_source(request.source, root)
    return board.add("ingest", gallery, request.model_dump(mode="json"))


def upload(
    board: Board, galleries: Galleries, gallery: str, files: Sequence[tuple[str, BinaryIO]], *, labels: Sequence[str]
) -> Job:
    """A job for uploaded clips, which wait in its folder; raises GalleryNotFound."""
    galleries.get(gallery)
    job_id = new_id()
    folder = board.folder(job_id)
    try:
        items.write(_kept(files, folder / UPLOADS), folder)
        return board.add("ingest", gallery, {"source": None, "labels": list(labels)}, job_id=job_id)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def reindex(board: Board, galleries: Galleries, gallery: str, request: ReindexRequest) -> Job:
    """A job to embed a gallery anew; raises GalleryNotFound, BundleNotFound."""
    galleries.get(gallery)
    if request.bundle is not None:
        galleries.bundle(request.bundle)
    return board.add("reindex", gallery, request.model_dump(mode="json"))


def evaluate(board: Board, galleries: Galleries, gallery: str, request: EvaluationRequest) -> Job:
    """A job to evaluate a gallery; raises GalleryNotFound, GenerationNotFound, RouteMissing."""
    chosen = galleries.get(gallery)
    _check_generations(chosen, (request.generation, request.compare_to))
    there = chosen.active.routes
    if request.generation is None and (odd := [each for each in request.routes if each not in there]):
        raise RouteMissing(f"the gallery {gallery!r} has no route {odd[0]!r}; it has {', '.join(there)}")
    return board.add("evaluate", gallery, request.model_dump(mode="json"))


def compact(board: Board, galleries: Galleries, gallery: str) -> Job:
    """A job to build a gallery's vectors anew; raises GalleryNotFound."""
    galleries.get(gallery)
    return board.add("compact", gallery, {})


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


def _kept(files: Sequence[tuple[str, BinaryIO]], folder: Path) -> list[Item]:
    """Copies of files under numbers: what they are called is a stranger's choice."""
    folder.mkdir(parents=True)
    found = []
    for number, (name, file) in enumerate(files, 1):
        place = f"{number:06}"
        with (folder / place).open("wb") as copy:
            shutil.copyfileobj(file, copy)
        found.append(Item(place, name))
    return found
