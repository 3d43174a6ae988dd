"""Rows of answers that are given again: one for each key that a caller chose for a request that changes something."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from index.catalog.schema import replies

JOB = "job"
"""What a row whose request is at work has in place of headers: the id of the job that it asks for, if it does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, by who makes it and the key that they chose for it."""

    caller: str
    key: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it was given: its status, the headers that belong to it, and its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """What is known of a request: its fingerprint, when it was last at work, its job's id, and its answer if any.

    Moments are seconds since the epoch.
    """

    fingerprint: str
    made_at: float
    job_id: str
    reply: Reply | None


def find(connection: Connection, asked: Asked) -> ReplyRow | None:
    """The request of that key, if there is one; nobody else writes to its row until the transaction ends."""
    row = connection.execute(select(replies).where(_is(asked)).with_for_update()).one_or_none()
    if row is None:
        return None
    if row.status is None:
        return ReplyRow(row.fingerprint, row.made_at, row.headers[JOB], None)
    return ReplyRow(row.fingerprint, row.made_at, "", Reply(row.status, row.headers, row.body))


def begin(connection: Connection, asked: Asked, fingerprint: str, *, job_id: str, now: float) -> bool:
    """Write that a request is at work; says whether it was the first of its key."""
    values = {"fingerprint": fingerprint, "headers": {JOB: job_id}, "made_at": now}
    with suppress(IntegrityError), connection.begin_nested():
        connection.execute(insert(replies).values(caller=asked.caller, key=asked.key, **values))
        return True
    return False


def touch(connection: Connection, asked: Asked, *, now: float) -> None:
    """Write when a request was last at work."""
    connection.execute(update(replies).where(_is(asked), replies.c.status.is_(None)).values(made_at=now))


def keep(connection: Connection, asked: Asked, reply: Reply, *, now: float) -> None:
    """Write the answer of a request."""
    values = {"status": reply.status, "headers": dict(reply.headers), "body": reply.body, "made_at": now}
    connection.execute(update(replies).where(_is(asked)).values(values))


def drop(connection: Connection, asked: Asked) -> None:
    """Forget a request that changed nothing."""
    connection.execute(delete(replies).where(_is(asked)))


def forget(connection: Connection, *, before: float) -> None:
    """Forget what was answered, or given up, before a moment."""
    connection.execute(delete(replies).where(replies.c.made_at < before))


def held(connection: Connection, caller: str) -> tuple[int, int]:
    """How many requests of a caller there are, and the bytes of their answers."""
    size = func.coalesce(func.sum(func.length(replies.c.body)), 0)
    count, size_bytes = connection.execute(select(func.count(), size).where(replies.c.caller == caller)).one()
    return count, size_bytes


def forget_half(connection: Connection, caller: str, *, idle_since: float) -> None:
    """Forget the older half of a caller's requests that were answered, or that nobody has been at since."""
    ended = (replies.c.caller == caller) & (replies.c.status.is_not(None) | (replies.c.made_at <= idle_since))
    count = connection.execute(select(func.count()).where(ended)).scalar_one()
    newer = select(replies.c.key).where(ended).order_by(replies.c.made_at.desc()).limit(count // 2).subquery()
    connection.execute(delete(replies).where(ended, replies.c.key.not_in(select(newer.c.key))))


def _is(asked: Asked) -> ColumnElement[bool]:
    return (replies.c.caller == asked.caller) & (replies.c.key == asked.key)
