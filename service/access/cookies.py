"""A key in a cookie, so that a browser sends it with what a page shows, and no script can read it."""

from urllib.parse import urlsplit

from starlette.requests import cookie_parser
from starlette.types import Scope as Connection

from service.http.fields import field

COOKIE = "sightsound_session"
OWN_FETCHES = ("same-origin", "none")
"""Of Sec-Fetch-Site: asked for by a page of the service, or by a person who wrote the address."""


def key_of(scope: Connection) -> str | None:
    """The key in a request's cookie, None where there is none, or where a page of another site may have sent it."""
    sent = field(scope, b"cookie")
    # Cookies of other services at this host come too, whatever is in them.
    return cookie_parser(sent).get(COOKIE) or None if sent is not None and _is_own(scope) else None


def _is_own(scope: Connection) -> bool:
    """Whether the browser says that a request is of the service's own origin; one that says nothing is not believed.

    SameSite=Strict alone would let pages at other ports of this host ask with the cookie.
    """
    origin = field(scope, b"origin")
    if origin is not None and urlsplit(origin).netloc.lower() != (field(scope, b"host") or "").lower():
        return False
    site = field(scope, b"sec-fetch-site")
    return site in OWN_FETCHES if site is not None else origin is not None
