"""Rows of vocabularies: named lists of classes to classify clips by."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from index.catalog.schema import vocabularies
from models.errors import Conflict, VocabularyNotFound

FIRST = 1


@dataclass(frozen=True, slots=True)
class NamedClass:
    """A class of a vocabulary; `seen` says whether it counts as one that training saw, None: as the bundle says."""

    name: str
    seen: bool | None = None


@dataclass(frozen=True, slots=True)
class VocabularyRow:
    """A vocabulary; `version` is how often its classes were set, moments are in seconds since the epoch."""

    name: str
    classes: tuple[NamedClass, ...]
    version: int
    made_at: float
    changed_at: float


def find(connection: Connection, name: str) -> VocabularyRow | None:
    """The vocabulary of that name, None where there is none; until a writing transaction ends nobody changes it."""
    query = select(vocabularies).where(vocabularies.c.name == name)
    if connection.get_execution_options().get("writes", False):
        query = query.with_for_update()
    row = connection.execute(query).one_or_none()
    return None if row is None else _row(row)


def get(connection: Connection, name: str) -> VocabularyRow:
    """As `find`; raises VocabularyNotFound."""
    if (found := find(connection, name)) is None:
        raise VocabularyNotFound(f"there is no vocabulary {name!r}")
    return found


def page(connection: Connection, *, after: str, limit: int) -> list[VocabularyRow]:
    """The next after a name, in the order of their names."""
    query = select(vocabularies).where(vocabularies.c.name > after).order_by(vocabularies.c.name).limit(limit)
    return [_row(row) for row in connection.execute(query)]


def put(connection: Connection, name: str, classes: Sequence[NamedClass], *, now: VocabularyRow | None) -> None:
    """Make a vocabulary, or give the one that `find` has found other classes; raises Conflict.

    The same classes in the same order are no change.
    """
    if now is not None and now.classes == tuple(classes):
        return
    at = time.time()
    values = {"classes": [{"name": each.name, "seen": each.seen} for each in classes], "changed_at": at}
    if now is not None:
        changed = update(vocabularies).where(vocabularies.c.name == name)
        connection.execute(changed.values(**values, version=now.version + 1))
        return
    try:
        connection.execute(insert(vocabularies).values(**values, name=name, version=FIRST, made_at=at))
    except IntegrityError as error:  # another process made it just now
        raise Conflict(f"there is a vocabulary {name!r} already: ask again") from error


def remove(connection: Connection, name: str) -> None:
    """Delete it, if it is there."""
    connection.execute(delete(vocabularies).where(vocabularies.c.name == name))


def _row(row: Row[Any]) -> VocabularyRow:
    classes = tuple(NamedClass(each["name"], each["seen"]) for each in row.classes)
    return VocabularyRow(row.name, classes, row.version, row.made_at, row.changed_at)
