"""Clips: added, listed, removed; and their files, in ranges of bytes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from service import adding, listing
from service.adding import Arrival
from service.media import MediaResponse
from service.resources import Opened
from service.schemas import ClipDetail, ClipPage, Cursor, Text
from service.summaries import clip_address, clip_detail

router = APIRouter(prefix="/v1/galleries/{gallery}/clips", tags=["clips"])
CLIP = "/{clip_id}"


@router.get("")
def list_clips(
    gallery: str,
    resources: Opened,
    label: Annotated[Text | None, Query(description="Only clips with this label.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many at most.")] = 100,
    cursor: Annotated[Cursor, Query(description="As `next` of the page before.")] = "0",
) -> ClipPage:
    """Some clips of a gallery, in the order they were added."""
    return listing.page(resources.galleries.get(gallery), label, after=int(cursor), limit=limit)


@router.post("", status_code=201, responses={200: {"model": ClipDetail, "description": "It was there."}})
def add_clip(
    gallery: str, resources: Opened, arrived: Annotated[Arrival, Depends(adding.arrival)], response: Response
) -> ClipDetail:
    """Put an uploaded clip into a gallery; it is found from the answer on."""
    added = adding.add(resources, gallery, arrived)
    response.headers["Location"] = clip_address(gallery, added.clip.id)
    response.status_code = 201 if added.is_new else 200
    return clip_detail(gallery, added.clip)


@router.get(CLIP)
def get_clip(gallery: str, clip_id: str, resources: Opened) -> ClipDetail:
    """A clip with all that is known of it."""
    return clip_detail(gallery, resources.galleries.get(gallery).clip(clip_id))


@router.delete(CLIP, status_code=204)
def remove_clip(gallery: str, clip_id: str, resources: Opened) -> None:
    """Delete a clip; no answer has it from now on."""
    resources.galleries.get(gallery).remove(clip_id)


@router.head(f"{CLIP}/media", include_in_schema=False)
@router.get(f"{CLIP}/media", response_class=MediaResponse, responses={206: {"description": "A range"}})
def get_media(gallery: str, clip_id: str, request: Request, resources: Opened) -> Response:
    """The clip's file; ranges of bytes and If-None-Match are answered."""
    found = resources.galleries.get(gallery)
    clip = found.clip(clip_id)
    return MediaResponse.of(found.media(clip_id), clip.media_type, clip.sha256, request)
