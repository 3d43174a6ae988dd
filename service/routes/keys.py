"""Keys of those who may ask, and what was done with those of scope `admin`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from service.access.deeds import note
from service.callers import keyholding
from service.callers.key_schemas import AuditPage, KeyList, KeyRequest, NewKey, Row
from service.http.json_bodies import JsonRoute
from service.resources import Opened

router = APIRouter(prefix="/v1", tags=["keys"], route_class=JsonRoute)


@router.get("/keys")
def list_keys(resources: Opened) -> KeyList:
    """All keys that were ever made, without the keys themselves."""
    return keyholding.listed(resources.galleries.keys)


@router.post("/keys", status_code=201)
def create_key(resources: Opened, wanted: KeyRequest, request: Request, response: Response) -> NewKey:
    """Make a key; it is told in this answer and never again."""
    note(request, {"key": wanted.name, "scopes": list(wanted.scopes)})
    response.headers["Cache-Control"] = "no-store"
    return keyholding.create(resources.galleries.keys, wanted)


@router.delete("/keys/{name}", status_code=204)
def revoke_key(name: str, resources: Opened) -> None:
    """Have a key count no more, for good; every process knows within two seconds."""
    resources.galleries.keys.revoke(name)


@router.get("/audit")
def list_audit(
    request: Request,
    resources: Opened,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many at most.")] = 100,
    cursor: Annotated[Row | None, Query(description="As `next` of the page before.")] = None,
) -> AuditPage:
    """What was done with the scope `admin`, the newest first."""
    auditing = resources.galleries.auditing(kept_days=request.app.state.settings.kept_audit_days)
    return keyholding.page(auditing, before=None if cursor is None else int(cursor), limit=limit)
