"""Clips to look at: a picture, the shape of the sound, and what browsers play."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from models.errors import Unavailable
from service.galleries.clip_schemas import Waveform
from service.http.media import MediaResponse
from service.looking import WAVEFORM, WAVEFORM_PICTURE, Shown, Source
from service.resources import Opened

router = APIRouter(prefix="/v1/galleries/{gallery}/clips/{clip_id}", tags=["clips"])
LOOK_S = 0.5
"""How often those who wait look whether the service is to end."""


def _source(gallery: str, clip_id: str, resources: Opened) -> Source:
    found = resources.galleries.get(gallery)
    clip = found.clip(clip_id)
    return Source(found.media(clip_id), clip.duration_s)


Clip = Annotated[Source, Depends(_source)]
AtS = Annotated[
    float | None,
    Query(ge=0, allow_inf_nan=False, description="The second of the clip; by default one that is telling."),
]


@router.get("/thumbnail", response_class=MediaResponse, responses={200: {"content": {"image/webp": {}}}})
async def get_clip_thumbnail(clip: Clip, request: Request, resources: Opened, at_s: AtS = None) -> Response:
    """A picture of the clip, its longer side at most 320, as WebP."""
    return await _answer(resources.looking.thumbnail(clip, at_s), request)


@router.get("/waveform", response_class=MediaResponse, responses={200: {"model": Waveform}})
async def get_clip_waveform(clip: Clip, request: Request, resources: Opened) -> Response:
    """The lowest and highest sample of each of up to 1000 equal stretches of the clip's sound."""
    return await _answer(resources.looking.view(clip, WAVEFORM), request)


@router.get("/waveform.svg", response_class=MediaResponse, responses={200: {"content": {"image/svg+xml": {}}}})
async def get_clip_waveform_picture(clip: Clip, request: Request, resources: Opened) -> Response:
    """The same as a picture, on no ground."""
    return await _answer(resources.looking.view(clip, WAVEFORM_PICTURE), request)


@router.get("/preview", response_class=MediaResponse, responses={206: {"description": "A range"}})
async def get_clip_preview(clip: Clip, request: Request, resources: Opened) -> Response:
    """What browsers play of the clip, made when it is first asked for; ranges of bytes are answered."""
    return await _answer(resources.looking.preview(clip), request)


async def _answer(looking: Coroutine[Any, Any, Shown], request: Request) -> Response:
    shown = await awaited(looking, request)
    return await run_in_threadpool(MediaResponse.of, shown.content, shown.media_type, shown.tag, request)


async def awaited(looking: Coroutine[Any, Any, Shown], request: Request) -> Shown:
    """What comes of it; raises Unavailable once the service is to end, which minutes of work would keep from it."""
    task = asyncio.ensure_future(looking)
    try:
        while not (await asyncio.wait({task}, timeout=LOOK_S))[0]:
            if request.app.state.is_leaving():
                raise Unavailable("the service is about to end; ask again")
        return task.result()
    finally:
        task.cancel()
