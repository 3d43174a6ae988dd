"""Bundles: the trained methods that galleries can be embedded with."""

from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Request, Response, UploadFile
from fastapi.responses import FileResponse

from models.errors import BundleInvalid
from service.callers.caller import Asking
from service.galleries import bundles
from service.galleries.bundle_schemas import BundleDetail, BundleList
from service.galleries.summaries import bundle_summary
from service.incoming.parts import SpoolingRoute, part_of
from service.resources import Opened

router = APIRouter(prefix="/v1/bundles", tags=["bundles"], route_class=SpoolingRoute)
TAR = "application/x-tar"


@router.get("")
def list_bundles(resources: Opened) -> BundleList:
    """All bundles of the data folder."""
    return BundleList(bundles=tuple(bundle_summary(each) for each in resources.all_bundles()))


@router.post("", status_code=201, responses={200: {"model": BundleDetail, "description": "It was there."}})
def add_bundle(
    resources: Opened,
    caller: Asking,
    response: Response,
    file: Annotated[UploadFile, File(description="A bundle: its folder as a zip or tar.")],
) -> BundleDetail:
    """Bring a bundle; it is checked and tried, and galleries can be reindexed with it from the answer on."""
    caller.check_all()
    if not file.size:
        raise BundleInvalid("the file is empty, expected a bundle as a zip or tar")
    placed = bundles.add(resources, part_of(file).path)
    response.headers["Location"] = f"/v1/bundles/{quote(placed.bundle.name, safe='')}"
    response.status_code = 201 if placed.is_new else 200
    return bundles.detail(resources, placed.bundle.name)


@router.get("/{name}")
def get_bundle(name: str, resources: Opened) -> BundleDetail:
    """A bundle with all that it says of itself."""
    return bundles.detail(resources, name)


@router.delete("/{name}", status_code=204)
def remove_bundle(name: str, resources: Opened, caller: Asking) -> None:
    """Delete a bundle that no kept generation is embedded by."""
    caller.check_all()
    bundles.remove(resources, name)


def _archived(name: str, request: Request, resources: Opened) -> Iterator[Path]:
    with bundles.archived(resources, request.app.state.spool, name) as path:
        yield path


@router.get("/{name}/archive", response_class=FileResponse, responses={200: {"content": {TAR: {}}}})
def get_bundle_archive(path: Annotated[Path, Depends(_archived)]) -> FileResponse:
    """A bundle as one tar, as it can be sent elsewhere; its ETag is of its bytes, as it is packed anew each time."""
    with path.open("rb") as file:
        tag = file_digest(file, "sha256").hexdigest()
    return FileResponse(path, media_type=TAR, filename=path.name, headers={"ETag": f'"{tag}"'})
