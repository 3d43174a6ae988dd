"""Galleries: made, counted, deleted, embedded anew, and put back."""

from fastapi import APIRouter, Response

from index.statistics import GalleryStatistics
from service.addresses import gallery_address
from service.callers.caller import Asking
from service.galleries import galleries, reindexing
from service.galleries.gallery_schemas import GalleryList, GalleryRequest, GallerySummary
from service.galleries.generation_schemas import (
    ActivateRequest,
    Generation,
    GenerationDetail,
    GenerationList,
    RollbackRequest,
)
from service.galleries.summaries import summary
from service.http.conditions import IfMatch, tagged
from service.http.json_bodies import JsonRoute
from service.jobs.job_schemas import ReindexRequest
from service.resources import Opened
from service.schemas import Number

router = APIRouter(prefix="/v1/galleries", tags=["galleries"], route_class=JsonRoute)
GENERATION = "/{gallery}/generations/{number}"


@router.get("")
def list_galleries(resources: Opened, caller: Asking) -> GalleryList:
    """All galleries."""
    return GalleryList(galleries=tuple(galleries.listed(resources, caller)))


@router.post("", status_code=201)
def create_gallery(asked: GalleryRequest, resources: Opened, response: Response) -> GallerySummary:
    """Make an empty gallery."""
    made = galleries.create(resources, asked)
    response.headers["Location"] = gallery_address(made.name)
    return tagged(response, summary(made))


@router.get("/{gallery}")
def get_gallery(gallery: str, resources: Opened, response: Response) -> GallerySummary:
    """What a gallery holds and can answer."""
    return tagged(response, summary(resources.galleries.get(gallery)))


@router.delete("/{gallery}", status_code=204)
def delete_gallery(gallery: str, resources: Opened, expected: IfMatch) -> None:
    """Delete a gallery with all its clips, generations and evaluations, for good."""
    galleries.delete(resources, gallery, expected)


@router.get("/{gallery}/statistics")
def get_statistics(gallery: str, resources: Opened) -> GalleryStatistics:
    """How much a gallery holds: bytes, features by backbone, clips by label, generations."""
    return resources.galleries.statistics(gallery)


@router.get("/{gallery}/generations")
def list_generations(gallery: str, resources: Opened) -> GenerationList:
    """The generations of a gallery that are kept, with how each was built and verified."""
    return reindexing.listed(resources.galleries.get(gallery))


@router.get(GENERATION)
def get_generation(gallery: str, number: Number, resources: Opened, response: Response) -> GenerationDetail:
    """One generation of a gallery, with how it was built and verified."""
    return tagged(response, reindexing.detail(resources.galleries.get(gallery), number))


@router.post(f"{GENERATION}/activate")
def activate_generation(gallery: str, number: Number, asked: ActivateRequest, resources: Opened) -> Generation:
    """Answer with this generation, if the expected one still is the active one."""
    return reindexing.switch(resources, gallery, number, expected=asked.expected)


@router.delete(GENERATION, status_code=204)
def drop_generation(gallery: str, number: Number, resources: Opened) -> None:
    """Forget a generation that is not active, with its vectors."""
    resources.galleries.get(gallery).drop_generation(number)


@router.post("/{gallery}/reindex")
def reindex_gallery(gallery: str, resources: Opened, request: ReindexRequest | None = None) -> Generation:
    """Embed a gallery anew, with its own or another bundle, and switch to the result."""
    return reindexing.reindex(resources, gallery, request or ReindexRequest())


@router.post("/{gallery}/rollback")
def roll_back_gallery(gallery: str, resources: Opened, request: RollbackRequest | None = None) -> Generation:
    """Answer with an earlier generation again."""
    asked = request or RollbackRequest()
    return reindexing.switch(resources, gallery, asked.to, expected=asked.expected)
