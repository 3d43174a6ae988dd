"""What happened to the windows of a gallery, one after another: never changed, never taken back."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import BigInteger, Connection, Row, func, insert, literal, select, update

from index.catalog.columns import integers
from index.catalog.schema import changes, galleries, windows
from models.errors import GalleryNotFound
from models.types import I64

CHUNK = 10_000
"""Changes that are read at once."""
TOKEN_BITS = 62


@dataclass(frozen=True, slots=True)
class Point:
    """A point in the sequence: a position, and the token of the change there, which no other history has; 0 at 0."""

    position: int
    token: int


START = Point(0, 0)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a follower has to do to be at `point`: ids of windows to take in and to forget, all ascending.

    No window is in two of them, and one that came and went since is only among the removed. The `changed` were there
    before, and have more features now, another name or other labels.
    """

    point: Point
    added: I64
    changed: I64
    removed: I64

    @property
    def position(self) -> int:
        """Where the follower then is."""
        return self.point.position


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
    rows = select(literal(gallery), numbered, windows.c.id, literal("added"), literal(_token(), BigInteger)).where(new)
    connection.execute(insert(changes).from_select(["gallery_id", "position", "window", "kind", "token"], rows))
    return ids


def record_removed(connection: Connection, gallery: int, ids: Sequence[int]) -> None:
    """Write a change for each of these windows; the caller has the gallery's lock."""
    _record(connection, gallery, ids, "removed")


def record_changed(connection: Connection, gallery: int, ids: Sequence[int]) -> None:
    """Write that these windows have more features, another name or other labels; the caller has the gallery's lock."""
    _record(connection, gallery, ids, "changed")


def position(connection: Connection, gallery: int) -> int:
    """Of the last change to a gallery; 0 before the first. Raises GalleryNotFound where the gallery is no more."""
    here = select(galleries.c.position).where(galleries.c.id == gallery)
    at: int | None = connection.execute(here).scalar_one_or_none()
    if at is None:
        raise GalleryNotFound("the gallery has been deleted")
    return at


def last(connection: Connection, gallery: int) -> Point:
    """Where the sequence of a gallery ends now."""
    at = position(connection, gallery)
    return Point(at, _token_at(connection, gallery, at) or START.token)


def leads_through(connection: Connection, gallery: int, point: Point) -> bool:
    """Whether the sequence of a gallery has this point: after a backup was restored it may have others."""
    return point == START or _token_at(connection, gallery, point.position) == point.token


def only_added(connection: Connection, gallery: int, *, after: int) -> bool:
    """Whether nothing but new windows came after a position."""
    later = (changes.c.gallery_id == gallery) & (changes.c.position > after)
    others = select(changes.c.position).where(later, changes.c.kind != "added")
    return connection.execute(others.limit(1)).first() is None


def since(connection: Connection, gallery: int, position: int) -> Changes:
    """The next CHUNK that came after a position; nothing is left once the position they lead to is the last."""
    later = (changes.c.gallery_id == gallery) & (changes.c.position > position)
    columns = (changes.c.position, changes.c.window, changes.c.kind, changes.c.token)
    rows = connection.execute(select(*columns).where(later).order_by(changes.c.position).limit(CHUNK)).all()
    if not rows:
        return Changes(Point(position, START.token), *(np.empty(0, np.int64) for _ in range(3)))
    added, changed, removed = (_windows(rows, kind) for kind in ("added", "changed", "removed"))
    added = np.setdiff1d(added, removed)
    changed = np.setdiff1d(changed, np.concatenate([added, removed]))
    return Changes(Point(rows[-1].position, rows[-1].token), added, changed, removed)


def _advance(connection: Connection, gallery: int, count: int) -> int:
    """The first of so many new positions."""
    raised = update(galleries).where(galleries.c.id == gallery).values(position=galleries.c.position + count)
    last: int = connection.execute(raised.returning(galleries.c.position)).scalar_one()
    return last - count + 1


def _record(connection: Connection, gallery: int, ids: Sequence[int], kind: str) -> None:
    first, token = _advance(connection, gallery, len(ids)), _token()
    rows = [
        {"gallery_id": gallery, "position": at, "window": window, "kind": kind, "token": token}
        for at, window in enumerate(ids, start=first)
    ]
    if rows:
        connection.execute(insert(changes), rows)


def _token() -> int:
    return secrets.randbits(TOKEN_BITS) + 1


def _token_at(connection: Connection, gallery: int, position: int) -> int | None:
    there = (changes.c.gallery_id == gallery) & (changes.c.position == position)
    found: int | None = connection.execute(select(changes.c.token).where(there)).scalar()
    return found


def _windows(rows: Sequence[Row[int, int, str, int]], kind: str) -> I64:
    return np.array(sorted(row.window for row in rows if row.kind == kind), np.int64)
