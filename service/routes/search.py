"""Search by words, by clips, by queries in JSON, and by many queries at once."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Response
from starlette.routing import Match
from starlette.types import Scope

from models.bundle.manifest import Channel
from service.http.fields import media_type
from service.http.json_bodies import JsonRoute
from service.incoming.parts import SpoolingRoute
from service.incoming.uploads import received_clip
from service.resources import Opened
from service.schemas import Text
from service.search import searching
from service.search.answers import BatchAnswer, SearchAnswer
from service.search.filtering import Narrowing, by_form, by_query
from service.search.queries import BatchRequest, RoutedBody, SearchRequest, Weighs, by_weight

JSON = "application/json"
EITHER: dict[str, Any] = {
    "requestBody": {"content": {JSON: {"schema": {"$ref": f"#/components/schemas/{SearchRequest.__name__}"}}}}
}
"""OpenAPI has one operation for a method of a path: this is the body that it takes beside a form."""


class OnlyJson(JsonRoute):
    """A route for JSON alone: what comes as anything else is left to the next one of the same method and path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route, but none for a body of another type."""
        found, child = super().matches(scope)
        return (found, child) if media_type(scope) == JSON else (Match.NONE, {})


router = APIRouter(prefix="/v1/galleries", tags=["search"], route_class=SpoolingRoute)
by_json = APIRouter(route_class=OnlyJson)


@router.get("/{gallery}/search", response_model=SearchAnswer)
async def search_by_words(
    gallery: str,
    resources: Opened,
    narrowed: Annotated[Narrowing, Depends(by_query)],
    text: Annotated[Text, Query(description="A class name or any words.")],
    to: Annotated[Channel, Query(description="What of the clips to compare with.")] = "video",
) -> Response:
    """The windows nearest to some words, by their sound, their pictures or both."""
    return Response(await searching.by_words(resources, gallery, text=text, to=to, narrowed=narrowed), media_type=JSON)


@by_json.post("/{gallery}/search", response_model=SearchAnswer)
async def search_by_query(gallery: str, resources: Opened, request: SearchRequest) -> Response:
    """The windows nearest to a query of any kind, to several by their weights, or to examples."""
    return Response(await searching.by_query(resources, gallery, request), media_type=JSON)


router.include_router(by_json)


@router.post("/{gallery}/search", response_model=SearchAnswer, openapi_extra=EITHER)
async def search(
    gallery: str,
    resources: Opened,
    clip: Annotated[Path, Depends(received_clip)],
    narrowed: Annotated[Narrowing, Depends(by_form)],
    weighs: Annotated[Weighs, Depends(by_weight)],
    from_: Annotated[Channel, Form(alias="from", description="What of the uploaded clip to search with.")],
    to: Annotated[Channel | None, Form(description="What of the gallery's clips; the other one by default.")] = None,
) -> Response:
    """The windows nearest to an uploaded clip, in a form, or to a query in JSON.

    A clip's sound finds pictures, its pictures find sound.
    """
    routed = RoutedBody.model_validate({"from": from_, "to": to})
    return Response(
        await searching.by_clip(resources, gallery, clip=clip, routed=routed, weighs=weighs, narrowed=narrowed),
        media_type=JSON,
    )


@router.post("/{gallery}/search/batch", response_model=BatchAnswer)
async def search_batch(gallery: str, resources: Opened, request: BatchRequest) -> Response:
    """The windows nearest to each of up to 100 queries: words, features, vectors, stored windows or clips."""
    return Response(await searching.by_batch(resources, gallery, request), media_type=JSON)
