"""What a page of another site could make a person's browser send is refused: on this machine nobody needs a key."""

from functools import lru_cache
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from service.callers.scopes import READING
from service.http.fields import doubled, field
from service.http.problems import refusal
from service.settings import Settings


class OwnSite:
    """ASGI middleware that answers only requests meant for this service, and lets only its own page change things.

    A Host that is not one of the service's names is a 421: a name of another site that was made to point here (DNS
    rebinding). A request that is more than reading, with the Origin of another site, is a 403 (a forged form), unless
    that is one of the setting `cors_origins`, whose pages may use the service as its own does. One that has two of
    what may be there once, as two Hosts, is a 400: a proxy in front may have gone by the other one.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._settings = settings
        self._is_own_host = lru_cache(maxsize=256)(lambda host: settings.is_own_name(_name(host)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (fault := self._fault(scope)) is None:
            return await self.app(scope, receive, send)
        status, detail = fault
        answer = refusal(status, detail, scope["path"], headers={"Connection": "close"})
        return await answer(scope, receive, send)

    def _fault(self, scope: Scope) -> tuple[int, str] | None:
        if (twice := doubled(scope)) is not None:
            return 400, f"found the header {twice} more than once, expected it once"
        host, method = field(scope, b"host") or "", scope["method"]
        if not self._is_own_host(host):
            return 421, f"found Host: {host[:80] or 'nothing'}, expected {self._settings.host} or another own name"
        if method in READING or (origin := field(scope, b"origin")) is None or self._is_own(origin, host):
            return None
        return 403, f"found Origin: {origin[:80]}, expected that of {host} for a {method}"

    def _is_own(self, origin: str, host: str) -> bool:
        return urlsplit(origin).netloc.lower() == host.lower() or origin in self._settings.cors_origins


def _name(host: str) -> str:
    """The name or address in a Host header, without its port; empty where there is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
