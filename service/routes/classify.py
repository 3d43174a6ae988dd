"""What clips show: uploaded ones, and those of a gallery."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, UploadFile

from models.errors import TooLarge
from service.callers.caller import Asking
from service.classify import classifying
from service.classify.choosing import Choosing, by_form
from service.classify.classify_schemas import (
    MOST_ITEMS,
    ClassifyAnswer,
    ClassifyBatchAnswer,
    ClassifyBatchRequest,
    ClassifyRequest,
)
from service.incoming.parts import SpoolingRoute, part_of
from service.incoming.uploads import file_name, received_clip
from service.resources import Opened
from service.routes.search import JSON, OnlyJson

router = APIRouter(prefix="/v1", tags=["classify"], route_class=SpoolingRoute)
by_json = APIRouter(route_class=OnlyJson)
ByForm = Annotated[Choosing, Depends(by_form)]
Whose = Annotated[str | None, Form(description="Whose bundle to use; the first gallery's by default.")]


def _or_json(request: type) -> dict[str, Any]:
    """OpenAPI has one operation for a method of a path: this is the body that it takes beside a form."""
    return {"requestBody": {"content": {JSON: {"schema": {"$ref": f"#/components/schemas/{request.__name__}"}}}}}


@by_json.post("/classify")
def classify_stored(resources: Opened, caller: Asking, request: ClassifyRequest) -> ClassifyAnswer:
    """The classes that a clip or window of a gallery is likeliest to show; nothing is decoded."""
    return classifying.classify_stored(resources, caller, request)


@by_json.post("/classify/batch")
def classify_stored_batch(resources: Opened, caller: Asking, request: ClassifyBatchRequest) -> ClassifyBatchAnswer:
    """The same of up to 100 clips or windows of a gallery, each for itself."""
    return classifying.classify_stored_batch(resources, caller, request)


router.include_router(by_json)


@router.post("/classify", openapi_extra=_or_json(ClassifyRequest))
def classify(
    resources: Opened,
    caller: Asking,
    clip: Annotated[Path, Depends(received_clip)],
    choosing: ByForm,
    gallery: Whose = None,
) -> ClassifyAnswer:
    """The classes that a clip is likeliest to show: those the bundle knows, any words, or a stored vocabulary's.

    The clip comes in a form, or is one of a gallery's, named in JSON.
    """
    return classifying.classify_upload(resources, caller, gallery, clip=clip, choosing=choosing)


@router.post("/classify/batch", openapi_extra=_or_json(ClassifyBatchRequest))
def classify_batch(
    resources: Opened,
    caller: Asking,
    files: Annotated[tuple[UploadFile, ...], File(description="Clips, each a file with sound, pictures or both.")],
    choosing: ByForm,
    gallery: Whose = None,
) -> ClassifyBatchAnswer:
    """What each of up to 100 clips shows, uploaded in a form or named in JSON; a broken one is a problem of its own."""
    if len(files) > MOST_ITEMS:
        raise TooLarge(f"found {len(files)} files, expected at most {MOST_ITEMS}")
    named = [(file_name(each), part_of(each).path if each.size else None) for each in files]
    return classifying.classify_uploads(resources, caller, gallery, files=named, choosing=choosing)
