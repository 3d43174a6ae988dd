"""Clips, and their files in ranges of bytes."""

from fastapi import APIRouter, Request, Response

from service.media import MediaResponse
from service.resources import Opened
from service.schemas import ClipDetail
from service.summaries import clip_detail

router = APIRouter(prefix="/v1/galleries/{gallery}/clips/{clip_id}", tags=["clips"])


@router.get("")
def get_clip(gallery: str, clip_id: str, resources: Opened) -> ClipDetail:
    """A clip with all that is known of it."""
    return clip_detail(gallery, resources.galleries.get(gallery).clip(clip_id))


@router.head("/media", include_in_schema=False)
@router.get("/media", response_class=MediaResponse, responses={206: {"description": "A range"}})
def get_media(gallery: str, clip_id: str, request: Request, resources: Opened) -> Response:
    """The clip's file; ranges of bytes and If-None-Match are answered."""
    found = resources.galleries.get(gallery)
    clip = found.clip(clip_id)
    return MediaResponse.of(found.media(clip_id), clip.media_type, clip.sha256, request)
