"""Headers that every answer carries."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.settings import Settings

SECURITY_HEADERS = {
    # `blob:` lets the page show and hear the clip that a person just chose, from their own disk.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; media-src 'self' blob:; img-src 'self' data: blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"  # text never becomes elements or scripts
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
    # The page records a clip to search with, if whoever uses it says so; it needs none of the others.
    "Permissions-Policy": "camera=(self), display-capture=(), geolocation=(), microphone=(self), payment=(), usb=()",
}
ENCRYPTED = {"Strict-Transport-Security": "max-age=31536000"}
"""Besides, where callers speak TLS: for a year browsers speak nothing else to this name; others below it may."""


def security_headers(settings: Settings) -> dict[str, str]:
    """The headers of every answer, by how callers speak to the service."""
    return {**SECURITY_HEADERS, **ENCRYPTED} if settings.is_encrypted else SECURITY_HEADERS


class SecurityHeaders:
    """ASGI middleware that puts headers on every answer."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self.app = app
        self._names = {name.lower().encode() for name in headers}
        self._raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [each for each in message.get("headers", ()) if each[0].lower() not in self._names]
                message = {**message, "headers": [*own, *self._raw]}
            await send(message)

        await self.app(scope, receive, secured if scope["type"] == "http" else send)
