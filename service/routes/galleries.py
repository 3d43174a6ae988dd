"""Galleries: what they hold, and embedding them anew."""

from fastapi import APIRouter

from service import reindexing
from service.resources import Opened
from service.schemas import GalleryList, GallerySummary, Generation, ReindexRequest
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


@router.post("/{gallery}/reindex")
def reindex(gallery: str, resources: Opened, request: ReindexRequest | None = None) -> Generation:
    """Embed a gallery anew from its stored features, with its own or another bundle, and switch to the result."""
    return reindexing.reindex(resources, gallery, request.bundle if request else None)
