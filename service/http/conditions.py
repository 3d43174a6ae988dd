"""Whether a thing still is what a caller has seen of it: ETag, If-Match, If-None-Match (RFC 9110, 8.8.3 and 13.1)."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Response
from pydantic import BaseModel
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import PreconditionFailed, QueryInvalid

TAG = re.compile(r'(?:W/)?"[^"]*"')
DIGITS = 32
ANY = "*"
Seen = TypeVar("Seen", bound=BaseModel)


def tag(seen: BaseModel) -> str:
    """The entity tag of an answer: another one wherever anything of it is another."""
    return f'"{sha256(seen.model_dump_json().encode()).hexdigest()[:DIGITS]}"'


def tagged(response: Response, seen: Seen) -> Seen:
    """The answer, with its tag in the header ETag."""
    response.headers["ETag"] = tag(seen)
    return seen


@dataclass(frozen=True, slots=True)
class Expected:
    """What If-Match says a thing has to be, before it is changed: one of these tags; None for whatever it is."""

    tags: tuple[str, ...] | None

    def check(self, now: BaseModel) -> None:
        """Refuse a thing that is another by now, as its answer shows; raises PreconditionFailed.

        Call it in the transaction that changes the thing, or somebody else may change it in between.
        """
        if self.tags is not None and self.tags != (ANY,) and (current := tag(now)) not in self.tags:
            raise PreconditionFailed(f"found ETag {current}, expected {', '.join(self.tags)[:120]}")


def _expected(
    if_match: Annotated[str | None, Header(description="Change it only if this is its ETag.")] = None,
) -> Expected:
    return Expected(None if if_match is None else _tags("If-Match", if_match))


IfMatch = Annotated[Expected, Depends(_expected)]
"""A handler's parameter: what the request expects of what it changes."""


class Unmodified:
    """ASGI middleware that answers 304 without a body where If-None-Match has the ETag of what was asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        known = Headers(scope=scope).get("if-none-match")
        return await self.app(scope, receive, send if known is None else _Answer(known, send))


class _Answer:
    """What is sent, until it turns out that it is known."""

    def __init__(self, known: str, send: Send) -> None:
        self._known = {each.removeprefix("W/") for each in TAG.findall(known)}
        self._is_any = known.strip() == ANY
        self._send, self._is_known = send, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            headers = MutableHeaders(scope=message)
            tag = headers.get("etag")
            self._is_known = tag is not None and (self._is_any or tag.removeprefix("W/") in self._known)
            if self._is_known:
                del headers["content-length"], headers["content-type"]
                message = {**message, "status": 304}
        elif self._is_known:
            message = {**message, "body": b""}
        await self._send(message)


def _tags(name: str, text: str) -> tuple[str, ...]:
    """The tags of a list; raises QueryInvalid for what is none."""
    found = tuple(TAG.findall(text))
    if text.strip() == ANY:
        return (ANY,)
    if not found or TAG.sub("", text).strip(", \t"):
        raise QueryInvalid(f'{name}: found {text[:80]!r}, expected an ETag such as "0a1b" in quotes, or *')
    return found
