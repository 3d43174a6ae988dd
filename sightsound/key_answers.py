"""What the service answers about keys and the audit; docs/keys.md says what each field means."""

from pydantic import AwareDatetime, JsonValue

from sightsound.answers import Answer


class KeyDetail(Answer):
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

    key: str


class KeyList(Answer):
    """All keys that were ever made, by name."""

    keys: tuple[KeyDetail, ...]


class DeedDetail(Answer):
    """Something that was done with the scope `admin`: by whose key (empty: none was asked for), and what came of it."""

    at: AwareDatetime
    caller: str
    request_id: str
    action: str
    status: int
    detail: dict[str, JsonValue]


class AuditPage(Answer):
    """What was done, the newest first; `next` is the cursor of what was done before, None after the first of all."""

    deeds: tuple[DeedDetail, ...]
    next: str | None
