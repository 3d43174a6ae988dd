"""Whether a thing still is what a caller has seen of it: ETag, If-Match, If-None-Match (RFC 9110, 8.8.3 and 13.1)."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from starlette.types import Scope

from models.errors import PreconditionFailed, QueryInvalid
from service.http.fields import field

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
    request: Request,
    if_match: Annotated[str | None, Header(description="Change it only if this is its ETag.")] = None,
) -> Expected:
    whole = field(request.scope, b"if-match")  # of a list in several fields, what is declared here is one of them
    return Expected(None if whole is None else _tags("If-Match", whole))


IfMatch = Annotated[Expected, Depends(_expected)]
"""A handler's parameter: what the request expects of what it changes."""


def is_known(tag: str, scope: Scope) -> bool:
    """Whether who asks has this already, by the tags of their If-None-Match; weakly, as RFC 9110 has it (13.1.2)."""
    if (known := field(scope, b"if-none-match")) is None:
        return False
    return known.strip() == ANY or tag.removeprefix("W/") in (each.removeprefix("W/") for each in TAG.findall(known))


def _tags(name: str, text: str) -> tuple[str, ...]:
    """The tags of a list; raises QueryInvalid for what is none."""
    found = tuple(TAG.findall(text))
    if text.strip() == ANY:
        return (ANY,)
    if not found or TAG.sub("", text).strip(", \t"):
        raise QueryInvalid(f'{name}: found {text[:80]!r}, expected an ETag such as "0a1b" in quotes, or *')
    return found
