"""Whether the rows of the catalog hold together: what the database says of its file, and rows of each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, String, and_, cast, exists, func, literal, not_, or_, select

from index.catalog.schema import changes, clips, features, galleries, generations, labels, windows

MOST = 100
"""Rows that contradict each other in one way, at most: more say the same."""
ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Rows that cannot both be true: where, what is there and what should be."""

    where: str
    found: str
    expected: str


def damages(connection: Connection) -> Iterator[Contradiction]:
    """What SQLite finds in its own file, and rows that refer to none; nothing of PostgreSQL, which keeps to both."""
    if connection.dialect.name != "sqlite":
        return
    for (found,) in connection.exec_driver_sql(f"PRAGMA integrity_check({MOST})"):
        if found != "ok":
            yield Contradiction("the catalog's file", " ".join(found.split()), "a sound SQLite database")
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(MOST):
        yield Contradiction(f"{table}, row {row}", f"belongs to no row of {parent}", f"one of {parent}")


def contradictions(connection: Connection, gallery: int) -> Iterator[Contradiction]:
    """What rows of a gallery say against each other."""
    for query, where, expected in _rules(gallery):
        for key, found in connection.execute(query.limit(MOST)):
            yield Contradiction(f"{where} {key}", str(found), expected)


def _rules(gallery: int) -> Iterator[tuple[Select[Any], str, str]]:
    """Queries for what must not be, as rows of a key and what is found there."""
    yield _active(gallery), "gallery", "a generation that is ready"
    yield _position(gallery), "gallery", "its last position, and as many changes"
    yield _ids(gallery), "clip", "the first half of its sha256"
    yield _uncut(gallery), "clip", "one window or more"
    yield _labels(gallery), "clip", "labels numbered from 0"
    yield _stretches(gallery), "window", "0 <= start < end"
    yield _owners(gallery), "window", "the gallery of its clip"
    yield _unrecorded(gallery), "window", "a change that added it"
    yield _undead(gallery), "window", "none, as it was removed"
    yield _lost(gallery), "window", "a window, or a change that removed it"
    yield _senses(gallery), "window", "audio or video"


def _active(gallery: int) -> Select[Any]:
    ready = exists().where(
        generations.c.gallery_id == galleries.c.id,
        generations.c.number == galleries.c.active_generation,
        generations.c.state == "ready",
    )
    found = literal("generation ") + cast(galleries.c.active_generation, String)
    return select(galleries.c.name, found).where(galleries.c.id == gallery, not_(ready))


def _position(gallery: int) -> Select[Any]:
    of = select(
        func.coalesce(func.max(changes.c.position), 0).label("last"), func.count(changes.c.position).label("count")
    )
    told = of.where(changes.c.gallery_id == gallery).subquery()
    found = cast(told.c.count, String) + literal(" changes up to ") + cast(told.c.last, String)
    differ = or_(told.c.last != galleries.c.position, told.c.count != galleries.c.position)
    return select(galleries.c.name, found).where(galleries.c.id == gallery, differ)


def _ids(gallery: int) -> Select[Any]:
    differ = clips.c.clip_id != func.substr(clips.c.sha256, 1, ID_DIGITS)
    return select(clips.c.clip_id, literal("sha256 ") + clips.c.sha256).where(clips.c.gallery_id == gallery, differ)


def _uncut(gallery: int) -> Select[Any]:
    cut = exists().where(windows.c.clip == clips.c.id)
    return select(clips.c.clip_id, literal("no window")).where(clips.c.gallery_id == gallery, not_(cut))


def _labels(gallery: int) -> Select[Any]:
    found = cast(func.count(), String) + literal(" labels up to number ") + cast(func.max(labels.c.position), String)
    query = select(clips.c.clip_id, found).join(labels, labels.c.clip == clips.c.id)
    grouped = query.where(clips.c.gallery_id == gallery).group_by(clips.c.clip_id)
    return grouped.having(func.count() != func.max(labels.c.position) + 1)


def _stretches(gallery: int) -> Select[Any]:
    found = cast(windows.c.start_s, String) + literal(" to ") + cast(windows.c.end_s, String)
    sound = and_(windows.c.start_s >= 0, windows.c.start_s < windows.c.end_s)
    return select(windows.c.id, found).where(windows.c.gallery_id == gallery, not_(sound))


def _owners(gallery: int) -> Select[Any]:
    found = literal("gallery number ") + cast(windows.c.gallery_id, String)
    ours = or_(windows.c.gallery_id == gallery, clips.c.gallery_id == gallery)
    query = select(windows.c.id, found).join(clips, clips.c.id == windows.c.clip)
    return query.where(ours, windows.c.gallery_id != clips.c.gallery_id)


def _unrecorded(gallery: int) -> Select[Any]:
    added = select(changes.c.window).where(changes.c.gallery_id == gallery, changes.c.kind == "added")
    missing = windows.c.id.not_in(added)
    return select(windows.c.id, literal("no change that added it")).where(windows.c.gallery_id == gallery, missing)


def _undead(gallery: int) -> Select[Any]:
    query = select(windows.c.id, literal("a window that was removed")).join(changes, changes.c.window == windows.c.id)
    return query.where(changes.c.gallery_id == gallery, changes.c.kind == "removed")


def _lost(gallery: int) -> Select[Any]:
    removed = select(changes.c.window).where(changes.c.gallery_id == gallery, changes.c.kind == "removed")
    there = select(windows.c.id).where(windows.c.gallery_id == gallery)
    gone = and_(changes.c.window.not_in(removed), changes.c.window.not_in(there))
    query = select(changes.c.window, literal("neither a window nor a change that removed it"))
    return query.where(changes.c.gallery_id == gallery, changes.c.kind == "added", gone)


def _senses(gallery: int) -> Select[Any]:
    query = select(windows.c.id, features.c.sense).join(features, features.c.window == windows.c.id)
    return query.where(windows.c.gallery_id == gallery, features.c.sense.not_in(["audio", "video"]))
