"""The page and its files."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

WEB = Path(__file__).parent.parent / "web"
# A newer version of the page must not meet older scripts; a check of the ETag costs little.
FRESH = {"Cache-Control": "no-cache"}

router = APIRouter(include_in_schema=False)


@router.get("/")
async def page(text: str = "", to: str = "", gallery: str = "") -> FileResponse:
    """The page; its scripts read the search from the address."""
    return FileResponse(WEB / "index.html", headers=FRESH)


def mount(app: FastAPI) -> None:
    """Serve the page's files under /web."""
    app.mount("/web", _FreshFiles(directory=WEB))


class _FreshFiles(StaticFiles):
    """Files that a browser asks after each time, and is told when it has them already."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(FRESH)
        return response
