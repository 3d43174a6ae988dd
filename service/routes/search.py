"""Search by words, by clips, and by many queries at once."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query

from models.bundle.manifest import Channel
from service import searching
from service.filtering import Narrowing, by_form, by_query
from service.resources import Opened
from service.schemas import BatchAnswer, KForm, KQuery, SearchAnswer, Text
from service.search_schemas import BatchRequest
from service.uploads import received_clip

router = APIRouter(prefix="/v1/galleries", tags=["search"])


@router.get("/{gallery}/search")
def search_by_words(
    gallery: str,
    resources: Opened,
    narrowed: Annotated[Narrowing, Depends(by_query)],
    text: Annotated[Text, Query(description="A class name or any words.")],
    to: Annotated[Channel, Query(description="What of the clips to compare with.")] = "video",
    k: KQuery = 10,
) -> SearchAnswer:
    """The windows nearest to some words, by their sound, their pictures or both."""
    return searching.by_words(resources, gallery, text=text, to=to, k=k, narrowed=narrowed)


@router.post("/{gallery}/search")
def search_by_clip(
    gallery: str,
    resources: Opened,
    clip: Annotated[Path, Depends(received_clip)],
    narrowed: Annotated[Narrowing, Depends(by_form)],
    from_: Annotated[Channel, Form(alias="from", description="What of the uploaded clip to search with.")],
    to: Annotated[Channel | None, Form(description="What of the gallery's clips; the other one by default.")] = None,
    k: KForm = 10,
) -> SearchAnswer:
    """The windows nearest to an uploaded clip: its sound finds pictures, its pictures find sound."""
    return searching.by_clip(resources, gallery, clip=clip, source=from_, to=to, k=k, narrowed=narrowed)


@router.post("/{gallery}/search/batch")
def search_by_batch(gallery: str, resources: Opened, request: BatchRequest) -> BatchAnswer:
    """The windows nearest to each of up to 100 queries: words, features, vectors or stored windows."""
    return searching.by_batch(resources, gallery, request)
