"""Rows of keys: what each allows, and a digest by which it is known again."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from index.catalog.schema import keys
from models.errors import Conflict, KeyNotFound


@dataclass(frozen=True, slots=True)
class Grant:
    """What a key allows: scopes, galleries (None: all), requests (None: the setting's) and until when.

    `rate` is of requests, such as 60/minute; `at_once` how many of them together; moments are seconds since the epoch.
    """

    name: str
    scopes: tuple[str, ...]
    galleries: tuple[str, ...] | None = None
    rate: str | None = None
    at_once: int | None = None
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key that was made: what it allows, its first characters, and what became of it. The key itself is nowhere."""

    grant: Grant
    digest: str
    hint: str
    made_at: float
    used_at: float | None
    revoked_at: float | None

    @property
    def name(self) -> str:
        """By which people know it; no other key ever has it."""
        return self.grant.name


def add(connection: Connection, grant: Grant, *, digest: str, hint: str, made_at: float) -> KeyRow:
    """Write a key; raises Conflict where there is, or was, one of that name."""
    values = {
        "name": grant.name,
        "digest": digest,
        "hint": hint,
        "scopes": list(grant.scopes),
        "galleries": None if grant.galleries is None else list(grant.galleries),
        "rate": grant.rate,
        "at_once": grant.at_once,
        "made_at": made_at,
        "expires_at": grant.expires_at,
    }
    try:
        return _row(connection.execute(insert(keys).values(values).returning(keys)).one())
    except IntegrityError as error:
        raise Conflict(f"there is a key {grant.name!r} already, or was; names of keys are given once") from error


def listed(connection: Connection) -> list[KeyRow]:
    """All keys that were ever made, by name."""
    return [_row(row) for row in connection.execute(select(keys).order_by(keys.c.name))]


def counting(connection: Connection, at: float) -> list[KeyRow]:
    """The keys that count at that moment, those that have expired or were revoked left out."""
    query = select(keys).where(keys.c.revoked_at.is_(None), func.coalesce(keys.c.expires_at, at + 1) > at)
    return [_row(row) for row in connection.execute(query)]


def revoke(connection: Connection, name: str, *, at: float) -> KeyRow:
    """Have a key count no more; one that was revoked stays as it is. Raises KeyNotFound, naming those there are."""
    revoked = func.coalesce(keys.c.revoked_at, at)
    changed = update(keys).where(keys.c.name == name).values(revoked_at=revoked).returning(keys)
    if (row := connection.execute(changed).one_or_none()) is None:
        there = ", ".join(each.name for each in listed(connection)) or "none"
        raise KeyNotFound(f"there is no key {name!r}; there are: {there}")
    return _row(row)


def use(connection: Connection, names: Iterable[str], *, at: float) -> None:
    """Write when keys were last used."""
    connection.execute(update(keys).where(keys.c.name.in_(list(names))).values(used_at=at))


def _row(row: Row[Any]) -> KeyRow:
    galleries = None if row.galleries is None else tuple(row.galleries)
    grant = Grant(row.name, tuple(row.scopes), galleries, row.rate, row.at_once, row.expires_at)
    return KeyRow(grant, row.digest, row.hint, row.made_at, row.used_at, row.revoked_at)
