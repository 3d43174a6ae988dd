"""Galleries: what they hold, embedding them anew, and going back."""

from fastapi import APIRouter

from service import reindexing
from service.resources import Opened
from service.schemas import (
    GalleryList,
    GallerySummary,
    Generation,
    GenerationList,
    ReindexRequest,
    RollbackRequest,
)
from service.summaries import summary

router = APIRouter(prefix="/v1/galleries", tags=["galleries"])


@router.get("")
def list_galleries(resources: Opened) -> GalleryList:
    """All galleries."""
    return GalleryList(galleries=tuple(summary(each) for each in resources.all_galleries()))


@router.get("/{gallery}")
def get_gallery(gallery: str, resources: Opened) -> GallerySummary:
    """What a gallery holds and can answer."""
    return summary(resources.galleries.get(gallery))


@router.get("/{gallery}/generations")
def list_generations(gallery: str, resources: Opened) -> GenerationList:
    """The generations of a gallery that are kept, with how each was built and verified."""
    return reindexing.listed(resources.galleries.get(gallery))


@router.post("/{gallery}/reindex")
def reindex(gallery: str, resources: Opened, request: ReindexRequest | None = None) -> Generation:
    """Embed a gallery anew, with its own or another bundle, and switch to the result."""
    return reindexing.reindex(resources, gallery, request or ReindexRequest())


@router.post("/{gallery}/rollback")
def roll_back(gallery: str, resources: Opened, request: RollbackRequest | None = None) -> Generation:
    """Answer with an earlier generation again."""
    return reindexing.roll_back(resources, gallery, request.to if request else None)
