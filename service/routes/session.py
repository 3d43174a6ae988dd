"""Signing in with a key, and out again: for browsers, which then send it with all that a page shows."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from index.catalog.keys import KeyRow
from models.errors import Unauthorized
from service.access.cookies import COOKIE
from service.access.door import bearer
from service.callers.caller import Asking
from service.callers.session_schemas import Session

router = APIRouter(prefix="/v1", tags=["keys"])
NO_KEY = {"responses": {"401": {"$ref": "#/components/responses/Unauthorized"}}}


@router.get("/session")
async def get_session(caller: Asking, response: Response) -> Session:
    """Who asks, and what they may do; who has no key that counts, where one is needed, may do nothing."""
    response.headers["Cache-Control"] = "no-store"
    return Session.of(caller)


@router.post("/session", status_code=204, openapi_extra=NO_KEY)
async def sign_in(request: Request) -> Response:
    """Keep the key that this request is sent with in a cookie, until it expires or the browser is closed."""
    row, secret = request.scope["state"].get("key"), bearer(request.scope)
    if secret is None:
        raise Unauthorized("found no key; expected the header Authorization: Bearer sightsound_…")
    if not isinstance(row, KeyRow):
        raise Unauthorized("the key is none of this service, or was revoked, or has expired")
    expires_at = row.grant.expires_at
    expires = None if expires_at is None else datetime.fromtimestamp(expires_at, UTC)
    return _with_cookie(request, secret, expires)


@router.delete("/session", status_code=204)
async def sign_out(request: Request) -> Response:
    """Have the browser forget the key; the key itself goes on counting."""
    return _with_cookie(request, "", datetime.fromtimestamp(0, UTC))


def _with_cookie(request: Request, value: str, expires: datetime | None) -> Response:
    answer = Response(status_code=204, headers={"Cache-Control": "no-store"})
    is_encrypted = request.app.state.settings.is_encrypted
    answer.set_cookie(COOKIE, value, expires=expires, httponly=True, samesite="strict", secure=is_encrypted)
    return answer
