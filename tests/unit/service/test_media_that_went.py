"""Files that went between a request and its answer."""

import asyncio
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import pytest
from fastapi import FastAPI, Request, Response
from starlette.testclient import TestClient

from index.derived import DerivedStore
from index.media.store import MediaStore
from models.errors import ClipNotFound, Unavailable
from models.media.cage import Cage
from models.media.limits import Limits
from models.media.looking.preview import Preview
from service.http import problems
from service.http.media import MediaResponse
from service.looking import Looking, Shown, Source
from service.routes.views import awaited
from tests.unit.service.asking import OWN, refused

A = TypeVar("A")


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-1"}])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_that_went_meanwhile_is_a_problem_that_passes(
    tmp_path: Path, method: str, headers: dict[str, str]
) -> None:
    app = FastAPI()
    problems.install(app)

    @app.api_route("/file", methods=["GET", "HEAD"])
    def answer(request: Request) -> Response:
        return MediaResponse.of(tmp_path / "gone", "image/webp", "tag", request)

    with TestClient(app, OWN) as client:
        found = client.request(method, "/file", headers=headers)
    assert str(tmp_path) not in found.text
    assert found.status_code == 503
    if method == "GET":
        refused(found, 503, "unavailable", "ask again")


class Deleting(Cage):
    """Somebody deletes the clip while it is looked at, which browsers would play as it is."""

    def __init__(self) -> None:
        """No children."""

    def look(self, path: Path, task: Callable[[Path, Limits], A]) -> A:
        path.unlink()
        return Preview("video/mp4", is_original=True)  # type: ignore[return-value]


async def _preview(looking: Looking, clip: Source) -> None:
    with pytest.raises(ClipNotFound):
        await looking.preview(clip)


def test_a_clip_that_is_deleted_while_it_is_found_to_be_its_own_preview_leaves_nothing(tmp_path: Path) -> None:
    store = MediaStore.in_folder(tmp_path / "media")
    with store.draft_of(BytesIO(b"clip")) as draft:
        store.keep(draft)
    cage, kept = Deleting(), DerivedStore(tmp_path / "derived")
    looking = Looking(kept, cage, cage, limit_bytes=10**6, views_at_once=1, previews_at_once=1)
    asyncio.run(_preview(looking, Source(store.file(draft.sha256), 1.0)))
    assert [each for each in (tmp_path / "derived").rglob("*") if each.is_file()] == []


async def _never() -> Shown:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


async def _wait_while_leaving(request: Request) -> None:
    with pytest.raises(Unavailable, match="about to end"):
        await asyncio.wait_for(awaited(_never(), request), 10)


def test_who_waits_for_a_preview_does_not_keep_the_service_from_ending() -> None:
    app = FastAPI()
    app.state.is_leaving = lambda: True
    asyncio.run(_wait_while_leaving(Request({"type": "http", "app": app})))
