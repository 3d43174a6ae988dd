"""The header fields of a request, as everything here reads them (RFC 9110, 5.3)."""

from collections import Counter

from starlette.types import Scope

ONCE = frozenset(
    {
        b"authorization",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"if-range",
        b"last-event-id",
        b"origin",
        b"range",
        b"transfer-encoding",
    }
)
"""Fields that are read here and have one value: a request that has one of them twice could mean either, and is refused.

Of others If-Match and If-None-Match are lists, whose parts may come in several fields; of X-Forwarded-For the last
entry counts, and an X-Request-Id that is there twice is passed over.
"""


def field(scope: Scope, name: bytes) -> str | None:
    """The value of a field by its name in small letters; where it came in several parts, all of them as one list."""
    found = [value for each, value in scope["headers"] if each == name]
    return b", ".join(found).decode("latin-1") if found else None


def doubled(scope: Scope) -> str | None:
    """A field that is there twice and may be there once."""
    headers = scope["headers"]
    if len(dict(headers)) == len(headers):  # as nearly always
        return None
    counts = Counter(name for name, _ in headers)
    return next((name.decode("latin-1") for name in counts if counts[name] > 1 and name in ONCE), None)


def media_type(scope: Scope) -> str:
    """What a body is said to be; without parameters, of which a form's boundary may have any word in it."""
    return (field(scope, b"content-type") or "").partition(";")[0].strip().lower()


def has_body(scope: Scope) -> bool:
    """Whether a body comes with the request, by what its head says."""
    return (field(scope, b"content-length") or "0") != "0" or field(scope, b"transfer-encoding") is not None
