"""What happened to the windows of a gallery, one after another: never changed, never taken back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, insert, literal, select, update

from index.catalog.columns import integers
from index.catalog.schema import changes, galleries, windows
from models.types import I64

CHUNK = 10_000
"""Changes that are read at once."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a follower has to do to be at `position`: ids of windows to take in and to forget, both ascending.

    No window is in both, and one that came and went since is only among the removed.
    """

    position: int
    added: I64
    removed: I64


def lock(connection: Connection, gallery: int) -> None:
    """Wait until no other transaction writes to the gallery: positions and ids of windows then appear in their order.

    On SQLite, every writer is the only one.
    """
    row = select(galleries.c.id).where(galleries.c.id == gallery)
    connection.execute(row.with_for_update(key_share=True))


def record_added(connection: Connection, gallery: int, *, after: int) -> I64:
    """Write a change for each window whose id is above `after`; returns their ids, ascending.

    The caller has the gallery's lock.
    """
    new = (windows.c.gallery_id == gallery) & (windows.c.id > after)
    ids = integers(connection, select(windows.c.id).where(new).order_by(windows.c.id))
    first = _advance(connection, gallery, len(ids))
    numbered = first + func.row_number().over(order_by=windows.c.id) - 1
    rows = select(literal(gallery), numbered, windows.c.id, literal("added")).where(new)
    connection.execute(insert(changes).from_select(["gallery_id", "position", "window", "kind"], rows))
    return ids


def record_removed(connection: Connection, gallery: int, ids: Sequence[int]) -> None:
    """Write a change for each of these windows; the caller has the gallery's lock."""
    first = _advance(connection, gallery, len(ids))
    rows = [
        {"gallery_id": gallery, "position": at, "window": window, "kind": "removed"}
        for at, window in enumerate(ids, start=first)
    ]
    if rows:
        connection.execute(insert(changes), rows)


def position(connection: Connection, gallery: int) -> int:
    """Of the last change to a gallery; 0 before the first."""
    at: int = connection.execute(select(galleries.c.position).where(galleries.c.id == gallery)).scalar_one()
    return at


def since(connection: Connection, gallery: int, position: int) -> Changes:
    """The next CHUNK that came after a position; nothing is left once the position they lead to is the last."""
    later = (changes.c.gallery_id == gallery) & (changes.c.position > position)
    query = select(changes.c.position, changes.c.window, changes.c.kind).where(later).order_by(changes.c.position)
    rows = connection.execute(query.limit(CHUNK)).all()
    removed = np.array(sorted(row.window for row in rows if row.kind == "removed"), np.int64)
    added = np.array([row.window for row in rows if row.kind == "added"], np.int64)
    return Changes(rows[-1].position if rows else position, np.setdiff1d(added, removed), removed)


def _advance(connection: Connection, gallery: int, count: int) -> int:
    """The first of so many new positions."""
    raised = update(galleries).where(galleries.c.id == gallery).values(position=galleries.c.position + count)
    last: int = connection.execute(raised.returning(galleries.c.position)).scalar_one()
    return last - count + 1
