"""How the service does, its keys, and what was done with them."""

from collections.abc import Sequence
from datetime import datetime

from sightsound.asking import given
from sightsound.choices import Scope
from sightsound.client.addresses import KEYS, named
from sightsound.client.call import Call, Pages, get, nothing, pages, part, typed
from sightsound.key_answers import AuditPage, DeedDetail, KeyDetail, KeyList, NewKey
from sightsound.status_answers import Readiness, Status


def status() -> Call[Status]:
    """How the service does: what it holds, what waits and runs, how long it takes, how well it finds."""
    return get(Status, "/v1/status")


def readiness() -> Call[Readiness]:
    """That the service can answer, each part of it tried; refused where it cannot."""
    return get(Readiness, "/readyz")


def keys() -> Call[tuple[KeyDetail, ...]]:
    """All keys that were ever made, without the keys themselves."""
    return part(get(KeyList, KEYS), lambda found: found.keys)


def create_key(
    name: str,
    scopes: Sequence[Scope] = ("search",),
    *,
    galleries: Sequence[str] | None = None,
    rate: str | None = None,
    at_once: int | None = None,
    expires_at: datetime | None = None,
) -> Call[NewKey]:
    """Make a key, which is told in the answer and never again; so it is not asked for twice, whatever happens."""
    told = given({"rate": rate, "at_once": at_once, "expires_at": expires_at and expires_at.isoformat()})
    among = {} if galleries is None else {"galleries": list(galleries)}
    asked = {"name": name, "scopes": list(scopes), **among, **told}
    return Call("POST", KEYS, typed(NewKey), NewKey, json=asked, may_repeat=False)


def revoke_key(name: str) -> Call[None]:
    """Have a key count no more, for good."""
    return Call("DELETE", named(KEYS, name), nothing)


def audit(*, at_once: int = 100) -> Pages[DeedDetail]:
    """What was done that concerns everybody, the newest first; so many are fetched at once as they are read."""
    return pages(AuditPage, "/v1/audit", {"limit": str(at_once)}, lambda page: (page.deeds, page.next))
