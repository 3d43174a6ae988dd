"""What the routes of keys and of the audit do."""

import time
from datetime import datetime

from index.auditing import Auditing
from index.catalog.keys import Grant, KeyRow
from index.keys import Keys
from index.moments import moment
from service.callers.key_schemas import AuditPage, DeedDetail, KeyDetail, KeyList, KeyRequest, NewKey


def create(keys: Keys, request: KeyRequest) -> NewKey:
    """A new key; raises Conflict where the name is taken, InvalidInput."""
    secret, row = keys.create(granted(request))
    return NewKey(key=secret, **detail(row).model_dump())


def listed(keys: Keys) -> KeyList:
    """All keys that were ever made."""
    return KeyList(keys=tuple(detail(each) for each in keys.listed()))


def granted(request: KeyRequest) -> Grant:
    """What a key that is asked for would allow; each scope and gallery once."""
    return Grant(
        request.name,
        tuple(sorted(set(request.scopes))),
        None if request.galleries is None else tuple(sorted(set(request.galleries))),
        request.rate,
        request.at_once,
        None if request.expires_at is None else request.expires_at.timestamp(),
    )


def detail(row: KeyRow) -> KeyDetail:
    """A key as it is shown."""
    grant = row.grant
    has_expired = grant.expires_at is not None and grant.expires_at <= time.time()
    return KeyDetail(
        name=row.name,
        hint=row.hint,
        scopes=grant.scopes,
        galleries=grant.galleries,
        rate=grant.rate,
        at_once=grant.at_once,
        counts=row.revoked_at is None and not has_expired,
        made_at=moment(row.made_at),
        expires_at=_perhaps(grant.expires_at),
        used_at=_perhaps(row.used_at),
        revoked_at=_perhaps(row.revoked_at),
    )


def page(auditing: Auditing, *, before: int | None, limit: int) -> AuditPage:
    """What was done, the newest first."""
    rows = auditing.newest(before=before, limit=limit + 1)
    deeds = tuple(
        DeedDetail(
            at=moment(each.deed.at),
            caller=each.deed.caller,
            request_id=each.deed.request_id,
            action=each.deed.action,
            status=each.deed.status,
            detail=dict(each.deed.detail),
        )
        for each in rows[:limit]
    )
    return AuditPage(deeds=deeds, next=str(rows[limit - 1].key) if len(rows) > limit else None)


def _perhaps(at: float | None) -> datetime | None:
    return None if at is None else moment(at)
