"""The shapes of keys and of the audit, as they are asked for and answered."""

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue, StringConstraints

from index.shelf import NAME
from service.callers.scopes import Scope
from service.schemas import Body, Frozen
from service.written import checked_rate

Name = Annotated[str, StringConstraints(pattern=f"^{NAME.pattern}$", max_length=64)]
Rate = Annotated[str, StringConstraints(max_length=32), AfterValidator(checked_rate)]
Row = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]
MOST_GALLERIES = 1000


class KeyRequest(Body):
    """A key to be made: what it allows, in which galleries (null: all), and until when.

    `rate` is of requests, as "60/minute", and `at_once` how many of them together; null is what the settings say.
    """

    name: Name
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=4, fail_fast=True)] = ("search",)
    galleries: Annotated[tuple[Name, ...] | None, Field(min_length=1, max_length=MOST_GALLERIES, fail_fast=True)] = None
    rate: Rate | None = None
    at_once: Annotated[int | None, Field(ge=1, le=100_000)] = None
    expires_at: AwareDatetime | None = None


class KeyDetail(Frozen):
    """A key that was made, without the key itself: `hint` is how it begins, `counts` whether it lets anybody in."""

    name: str
    hint: str
    scopes: tuple[str, ...]
    galleries: tuple[str, ...] | None
    rate: str | None
    at_once: int | None
    counts: bool
    made_at: AwareDatetime
    expires_at: AwareDatetime | None
    used_at: AwareDatetime | None
    revoked_at: AwareDatetime | None


class NewKey(KeyDetail):
    """A key just made: `key` is told this once, and kept nowhere."""

    key: str = Field(description="To be sent as `Authorization: Bearer …`.")


class KeyList(Frozen):
    """All keys that were ever made, by name."""

    keys: tuple[KeyDetail, ...]


class DeedDetail(Frozen):
    """Something that was done with the scope `admin`: by whose key (empty: none was asked for), and what came of it."""

    at: AwareDatetime
    caller: str
    request_id: str
    action: str
    status: int
    detail: dict[str, JsonValue]


class AuditPage(Frozen):
    """What was done, the newest first; `next` is the cursor of what was done before, null after the first of all."""

    deeds: tuple[DeedDetail, ...]
    next: str | None
