"""Clips: added, listed, changed, removed; and their files, in ranges of bytes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from index.filters import Filter
from service.addresses import clip_address
from service.galleries import adding, changing, listing
from service.galleries.adding import Arrival
from service.galleries.clip_schemas import ClipDetail, ClipPage, ClipPatch, ClipsRemoved, ClipsToRemove
from service.galleries.summaries import clip_detail
from service.http.conditions import IfMatch, tagged
from service.http.media import MediaResponse
from service.incoming.parts import SpoolingRoute
from service.resources import Opened
from service.schemas import Cursor
from service.search.filtering import clips_by_query

router = APIRouter(prefix="/v1/galleries/{gallery}/clips", tags=["clips"], route_class=SpoolingRoute)
CLIP = "/{clip_id}"


@router.get("")
def list_clips(
    gallery: str,
    resources: Opened,
    among: Annotated[Filter | None, Depends(clips_by_query)],
    limit: Annotated[int, Query(ge=1, le=1000, description="How many at most.")] = 100,
    cursor: Annotated[Cursor, Query(description="As `next` of the page before.")] = "0",
) -> ClipPage:
    """Some clips of a gallery, in the order they were added."""
    return listing.page(resources.galleries.get(gallery), among, after=int(cursor), limit=limit)


@router.post("", status_code=201, responses={200: {"model": ClipDetail, "description": "It was there."}})
def add_clip(
    gallery: str, resources: Opened, arrived: Annotated[Arrival, Depends(adding.arrival)], response: Response
) -> ClipDetail:
    """Put an uploaded clip into a gallery; it is found from the answer on."""
    added = adding.add(resources, gallery, arrived)
    response.headers["Location"] = clip_address(gallery, added.clip.id)
    response.status_code = 201 if added.is_new else 200
    return tagged(response, clip_detail(gallery, added.clip))


@router.post("/delete")
def remove_clips(gallery: str, asked: ClipsToRemove, resources: Opened) -> ClipsRemoved:
    """Delete many clips at once, or none; no answer has them from now on."""
    return changing.remove_all(resources.galleries.get(gallery), asked.ids)


@router.get(CLIP)
def get_clip(gallery: str, clip_id: str, resources: Opened, response: Response) -> ClipDetail:
    """A clip with all that is known of it."""
    return tagged(response, clip_detail(gallery, resources.galleries.get(gallery).clip(clip_id)))


@router.patch(CLIP)
def change_clip(
    gallery: str, clip_id: str, asked: ClipPatch, resources: Opened, expected: IfMatch, response: Response
) -> ClipDetail:
    """Say other things of a clip (a JSON merge patch, RFC 7396); searches go by them from the answer on."""
    changed = changing.patch(resources.galleries.get(gallery), clip_id, asked, expected)
    return tagged(response, clip_detail(gallery, changed))


@router.delete(CLIP, status_code=204)
def remove_clip(gallery: str, clip_id: str, resources: Opened, expected: IfMatch) -> None:
    """Delete a clip; no answer has it from now on."""
    changing.remove(resources.galleries.get(gallery), clip_id, expected)


@router.get(f"{CLIP}/media", response_class=MediaResponse, responses={206: {"description": "A range"}})
def get_clip_media(gallery: str, clip_id: str, request: Request, resources: Opened) -> Response:
    """The clip's file; ranges of bytes and If-None-Match are answered."""
    found = resources.galleries.get(gallery)
    clip = found.clip(clip_id)
    return MediaResponse.of(found.media(clip_id), clip.media_type, clip.sha256, request)
