"""Rows of clips, their labels and windows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, delete, func, insert, select

from index.catalog.schema import clips, features, labels, windows
from index.clips import Clip
from models.errors import ClipNotFound
from models.types import Sense, Window

CHUNK = 10_000
"""How many values one statement may list: SQLite allows 32,766, PostgreSQL 65,535."""


@dataclass(frozen=True, slots=True)
class Place:
    """A window and what a hit tells of its clip."""

    clip_id: str
    name: str
    labels: tuple[str, ...]
    window: Window
    media_type: str


PLACES: Select[Any] = (
    select(
        *(windows.c.id, windows.c.start_s, windows.c.end_s),
        *(clips.c.clip_id, clips.c.name, clips.c.media_type, labels.c.label),
    )
    .select_from(windows.join(clips).outerjoin(labels, labels.c.clip == clips.c.id))
    .where(clips.c.gallery_id == bindparam("gallery"), windows.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(windows.c.id, labels.c.position)
)
"""A row for each label of the clip of each window, or one where it has none; built once, as every search asks it."""


def add(connection: Connection, gallery: int, clip: Clip) -> list[int]:
    """Write a clip; returns the ids of its windows."""
    values = {
        "gallery_id": gallery,
        "clip_id": clip.id,
        "sha256": clip.sha256,
        "name": clip.name,
        "media_type": clip.media_type,
        "size_bytes": clip.size_bytes,
        "duration_s": clip.duration_s,
    }
    key = connection.execute(insert(clips).values(values).returning(clips.c.id)).scalar_one()
    rows = [{"clip": key, "position": i, "label": label} for i, label in enumerate(clip.labels)]
    if rows:
        connection.execute(insert(labels), rows)
    return [_add_window(connection, key, window) for window in clip.windows]


def find(connection: Connection, gallery: int, clip_id: str) -> Clip | None:
    """The clip of that id, if there is one."""
    found = _clips(connection, (clips.c.gallery_id == gallery) & (clips.c.clip_id == clip_id))
    return next(iter(found.values()), None)


def get(connection: Connection, gallery: int, clip_id: str) -> Clip:
    """The clip of that id; raises ClipNotFound."""
    if (clip := find(connection, gallery, clip_id)) is None:
        raise ClipNotFound(f"there is no clip {clip_id!r} in this gallery")
    return clip


def listed(connection: Connection, gallery: int) -> list[Clip]:
    """All the clips, in the order they were added."""
    return list(_clips(connection, clips.c.gallery_id == gallery).values())


def remove(connection: Connection, gallery: int, clip_id: str) -> list[int]:
    """Delete a clip with all that belongs to it; returns the ids its windows had; raises ClipNotFound."""
    get(connection, gallery, clip_id)
    of_clip = (clips.c.gallery_id == gallery) & (clips.c.clip_id == clip_id)
    gone = list(connection.execute(select(windows.c.id).join(clips).where(of_clip)).scalars())
    connection.execute(delete(clips).where(of_clip))
    return gone


def media_in_use(connection: Connection) -> set[str]:
    """The sha256 of all media that some clip of some gallery has."""
    return set(connection.execute(select(clips.c.sha256).distinct()).scalars())


def is_media_used(connection: Connection, sha256: str) -> bool:
    """Whether any clip of any gallery has these bytes."""
    return connection.execute(select(clips.c.id).where(clips.c.sha256 == sha256).limit(1)).first() is not None


def window_ids(connection: Connection, gallery: int) -> list[int]:
    """The ids of all windows of a gallery, ascending."""
    query = select(windows.c.id).join(clips).where(clips.c.gallery_id == gallery).order_by(windows.c.id)
    return list(connection.execute(query).scalars())


def by_window(connection: Connection, gallery: int, ids: Sequence[int]) -> dict[int, Place]:
    """Of those window ids that are still there: where they are."""
    rows = [row for part in _chunks(ids) for row in connection.execute(PLACES, {"gallery": gallery, "ids": part})]
    words: dict[int, list[str]] = {}
    for row in rows:
        words.setdefault(row.id, []).extend([row.label] if row.label is not None else [])
    return {row.id: _place(row, words[row.id]) for row in rows}


def count(connection: Connection, gallery: int) -> int:
    """How many clips a gallery has."""
    return connection.execute(select(func.count(clips.c.id)).where(clips.c.gallery_id == gallery)).scalar_one()


def label_counts(connection: Connection, gallery: int) -> dict[str, int]:
    """How many clips have each label, in order of the labels."""
    query = select(labels.c.label, func.count()).join(clips, clips.c.id == labels.c.clip)
    query = query.where(clips.c.gallery_id == gallery).group_by(labels.c.label).order_by(labels.c.label)
    return {label: number for label, number in connection.execute(query)}


def _add_window(connection: Connection, clip: int, window: Window) -> int:
    values = {"clip": clip, "start_s": window.start_s, "end_s": window.end_s}
    key: int = connection.execute(insert(windows).values(values).returning(windows.c.id)).scalar_one()
    return key


def _place(row: Row[Any], words: Sequence[str]) -> Place:
    return Place(row.clip_id, row.name, tuple(words), Window(row.start_s, row.end_s), row.media_type)


def _clips(connection: Connection, those: ColumnElement[bool]) -> dict[int, Clip]:
    """Clips by key, with their labels, windows and senses, in four queries however many they are."""
    words = _grouped(
        connection.execute(select(labels.c.clip, labels.c.label).join(clips).where(those).order_by(labels.c.position))
    )
    stretches = select(windows.c.clip, windows.c.start_s, windows.c.end_s).join(clips).where(those)
    cuts = _grouped(connection.execute(stretches.order_by(windows.c.id)))
    have = select(windows.c.clip, features.c.sense).distinct().join(features).join(clips, clips.c.id == windows.c.clip)
    senses = _grouped(connection.execute(have.where(those)))
    rows = connection.execute(select(clips).where(those).order_by(clips.c.id))
    return {row.id: _clip(row, words.get(row.id, []), cuts.get(row.id, []), senses.get(row.id, [])) for row in rows}


def _clip(row: Row[Any], words: Iterable[Any], cuts: Iterable[Any], senses: Iterable[Any]) -> Clip:
    found: list[Sense] = [sense for (sense,) in senses]
    return Clip(
        id=row.clip_id,
        name=row.name,
        labels=tuple(label for (label,) in words),
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        duration_s=row.duration_s,
        windows=tuple(Window(start, end) for start, end in cuts),
        senses=frozenset(found),
    )


def _grouped(rows: Iterable[Row[Any]]) -> Mapping[int, list[tuple[Any, ...]]]:
    groups: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        groups.setdefault(row[0], []).append(tuple(row[1:]))
    return groups


def _chunks(values: Sequence[int]) -> Iterable[Sequence[int]]:
    return (values[i : i + CHUNK] for i in range(0, len(values), CHUNK))
