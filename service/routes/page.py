"""The pages and their files."""

from collections.abc import Awaitable, Callable, Mapping
from functools import cache

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.http.fields import field
from service.web.files import File, read_all, version_of
from service.web.pages import Page, render

Answer = Callable[[Request], Awaitable[Response]]

HTML = "text/html; charset=utf-8"
PAGES: Mapping[str, Page] = {
    "/": Page("search", within="search"),
    "/classify": Page("classify", within="classify"),
    "/map": Page("map", within="map"),
    "/evaluations": Page("evaluations", within="evaluations"),
    "/evaluations/compare": Page("compare", within="evaluations"),
    "/evaluations/{evaluation_id}": Page("evaluation", within="evaluations"),
    "/jobs": Page("jobs", within="jobs"),
    "/galleries": Page("galleries", within="galleries"),
    "/galleries/{name}": Page("gallery", within="galleries"),
    "/galleries/{name}/clips/{clip_id}": Page("clip", within="galleries"),
    "/bundles": Page("bundles", within="bundles"),
    "/bundles/{name}": Page("bundle", within="bundles"),
    "/keys": Page("keys", within="keys"),
    "/status": Page("status", within="status"),
}
"""Where each page is; what of it changes, its module reads from the address and asks the API for."""
FRESH = "no-cache"
"""Of a page: a newer version of it must not meet older scripts; a check of the ETag costs little."""
FOR_EVER = "public, max-age=31536000, immutable"
"""Of a file at the address of its version."""


def mount(app: FastAPI) -> None:
    """Answer every page, and its files below /web; they take any query, which is for their modules."""
    files, version, pages = _made()
    for address, html in pages.items():
        app.add_route(address, _page(html), include_in_schema=False)
    app.add_route("/web/{path:path}", _file(files, version), include_in_schema=False)


@cache
def _made() -> tuple[Mapping[str, File], str, Mapping[str, File]]:
    """The files, what version they are together, and the pages by their addresses; once a process, as none changes."""
    files = read_all()
    version = version_of(files)
    pages = {at: File.of(render(each, files, version=version).encode(), HTML) for at, each in PAGES.items()}
    return files, version, pages


def _page(html: File) -> Answer:
    async def answer(request: Request) -> Response:
        return _sent(html, request, kept=FRESH)

    return answer


def _file(files: Mapping[str, File], version: str) -> Answer:
    async def answer(request: Request) -> Response:
        path = request.path_params["path"]
        below = path.removeprefix(f"{version}/")
        if (file := files.get(below)) is None:
            raise HTTPException(404, f"the page has no file {path!r}")
        return _sent(file, request, kept=FRESH if below == path else FOR_EVER)

    return answer


def _sent(file: File, request: Request, *, kept: str) -> Response:
    """A file as whoever asks takes it, compressed or not."""
    headers = {"Cache-Control": kept, "ETag": file.tag, "Vary": "Accept-Encoding"}
    if "gzip" not in (field(request.scope, b"accept-encoding") or ""):
        return Response(file.content, media_type=file.media_type, headers=headers)
    return Response(file.compressed, media_type=file.media_type, headers={**headers, "Content-Encoding": "gzip"})
