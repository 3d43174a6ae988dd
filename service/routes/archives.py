"""Galleries as files: exported, imported; and verified, file by file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import FileResponse

from models.errors import ArchiveInvalid
from service.addresses import gallery_address
from service.galleries import archives
from service.galleries.gallery_schemas import GallerySummary, Verification
from service.galleries.summaries import summary
from service.http.conditions import tagged
from service.incoming.parts import SpoolingRoute, part_of
from service.resources import Opened

router = APIRouter(prefix="/v1/galleries", tags=["galleries"], route_class=SpoolingRoute)
TAR = "application/x-tar"


@router.post("/import", status_code=201)
def import_gallery(
    resources: Opened,
    response: Response,
    file: Annotated[UploadFile, File(description="An archive that a gallery was exported to.")],
    name: Annotated[
        str | None, Form(max_length=64, description="The gallery's name, by default the one it had.")
    ] = None,
) -> GallerySummary:
    """Make a gallery of an archive, whose bundle must be there."""
    if not file.size:
        raise ArchiveInvalid("the file is empty, expected an archive that a gallery was exported to")
    made = archives.imported(resources, part_of(file).path, name)
    response.headers["Location"] = gallery_address(made.name)
    return tagged(response, summary(made))


def _exported(gallery: str, request: Request, resources: Opened) -> Iterator[Path]:
    with archives.exported(resources, request.app.state.spool, gallery) as path:
        yield path


@router.get("/{gallery}/archive", response_class=FileResponse, responses={200: {"content": {TAR: {}}}})
def export_gallery(path: Annotated[Path, Depends(_exported)]) -> FileResponse:
    """A gallery as one file that can be imported elsewhere: clips, labels, metadata, features and media."""
    return FileResponse(path, media_type=TAR, filename=path.name)


@router.get("/{gallery}/verification")
def verify_gallery(gallery: str, resources: Opened) -> Verification:
    """What of a gallery is not as it should be: every file, feature and vector is looked at, and nothing changed."""
    return archives.verified(resources, gallery)
