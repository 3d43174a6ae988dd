"""Rows of clips, their labels and windows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from index.catalog import changes
from index.catalog import features as stored
from index.catalog.columns import integers
from index.catalog.filters import passing
from index.catalog.schema import clips, features, labels, windows
from index.clips import Clip, noted
from index.filters import Filter
from index.metadata import Json
from models.errors import ClipNotFound
from models.types import F32, I64, Sense, Window

Entry = tuple[Clip, Sequence[Mapping[Sense, F32]], stored.Backbones]
"""A clip with the features [width] by sense of each of its windows, and the backbones that they come from."""

T = TypeVar("T")
CHUNK = 10_000
"""How many values one statement may list: SQLite allows 32,766, PostgreSQL 65,535."""


def add(connection: Connection, gallery: int, clip: Clip) -> list[int]:
    """Write a clip without features, its windows as changes; returns the ids of its windows."""
    return add_all(connection, gallery, [(clip, [{} for _ in clip.windows], {})])[0]


def add_all(connection: Connection, gallery: int, entries: Sequence[Entry], *, rules: int = 0) -> list[list[int]]:
    """Write clips in few statements, their windows as changes; returns the ids of the windows of each, ascending.

    `rules` are those by which they were cut and decoded, where that is known: what is theirs may be others' too.
    Who may meet clips that are there already takes the gallery's lock first and leaves out those of `keys_of`.
    """
    if not entries:
        return []
    changes.lock(connection, gallery)
    added = [clip for clip, _, _ in entries]
    keys_of_added = _add_clips(connection, gallery, added, rules)
    ids = iter(_add_windows(connection, gallery, zip(keys_of_added, added, strict=True)))
    written = [[next(ids) for _ in clip.windows] for clip in added]
    stored.add(
        connection,
        (
            (window, vectors, backbones)
            for windows_of, (_, features_of, backbones) in zip(written, entries, strict=True)
            for window, vectors in zip(windows_of, features_of, strict=True)
        ),
    )
    return written


def find(connection: Connection, gallery: int, clip_id: str) -> Clip | None:
    """The clip of that id, if there is one."""
    found = _clips(connection, (clips.c.gallery_id == gallery) & (clips.c.clip_id == clip_id))
    return next(iter(found.values()), None)


def keys_of(connection: Connection, gallery: int, ids: Sequence[str]) -> dict[str, int]:
    """By id: the keys of those clips that are there."""
    found: dict[str, int] = {}
    for part in _chunks(ids):
        those = (clips.c.gallery_id == gallery) & clips.c.clip_id.in_(part)
        found.update(
            (row.clip_id, row.id) for row in connection.execute(select(clips.c.clip_id, clips.c.id).where(those))
        )
    return found


def get(connection: Connection, gallery: int, clip_id: str) -> Clip:
    """The clip of that id; raises ClipNotFound."""
    if (clip := find(connection, gallery, clip_id)) is None:
        raise _not_found(clip_id)
    return clip


def listed(connection: Connection, gallery: int) -> list[Clip]:
    """All the clips, in the order they were added."""
    return list(_clips(connection, clips.c.gallery_id == gallery).values())


def page(
    connection: Connection, gallery: int, among: Filter | None, *, after: int, limit: int
) -> list[tuple[int, Clip]]:
    """The first clips whose keys are above `after`, with their keys; of those that pass the filter, if there is one."""
    query = select(clips.c.id).where(clips.c.gallery_id == gallery, clips.c.id > after)
    if among is not None:
        query = query.where(*passing(connection, among))
    found = integers(connection, query.order_by(clips.c.id).limit(limit))
    return list(by_key(connection, found.tolist()).items())


def keys(connection: Connection, gallery: int) -> I64:
    """[n] the keys of all clips, in the order they were added."""
    return integers(connection, select(clips.c.id).where(clips.c.gallery_id == gallery).order_by(clips.c.id))


def by_key(connection: Connection, keys: Sequence[int]) -> dict[int, Clip]:
    """The clips of these keys, in their order, in few statements: a part of a gallery too large to be listed."""
    return dict(_clips(connection, clips.c.id.in_(keys)))


def windows_of(connection: Connection, gallery: int, clip_id: str) -> list[int]:
    """The ids of a clip's windows, ascending; raises ClipNotFound."""
    key = keys_of(connection, gallery, [clip_id]).get(clip_id)
    if key is None:
        raise _not_found(clip_id)
    of_clip = select(windows.c.id).where(windows.c.clip == key).order_by(windows.c.id)
    return list(connection.execute(of_clip).scalars())


def reword(
    connection: Connection,
    gallery: int,
    clip_id: str,
    *,
    name: str,
    words: Sequence[str],
    metadata: Mapping[str, Json],
) -> None:
    """Write anew what is said of a clip, its labels as `words`; the caller has the gallery's lock.

    Raises ClipNotFound.
    """
    key = keys_of(connection, gallery, [clip_id]).get(clip_id)
    if key is None:
        raise _not_found(clip_id)
    connection.execute(update(clips).where(clips.c.id == key).values(name=name, metadata=dict(metadata)))
    connection.execute(delete(labels).where(labels.c.clip == key))
    if words:
        rows = [{"clip": key, "position": i, "label": label} for i, label in enumerate(words)]
        connection.execute(insert(labels), rows)


def remove(connection: Connection, gallery: int, clip_id: str) -> list[int]:
    """Delete a clip with all that belongs to it; returns the ids its windows had; raises ClipNotFound."""
    changes.lock(connection, gallery)
    gone = windows_of(connection, gallery, clip_id)
    connection.execute(delete(clips).where((clips.c.gallery_id == gallery) & (clips.c.clip_id == clip_id)))
    changes.record_removed(connection, gallery, gone)
    return gone


def remove_all(connection: Connection, gallery: int, ids: Sequence[str]) -> dict[str, str]:
    """Delete those of these clips that are there, in few statements; returns their sha256 by id."""
    changes.lock(connection, gallery)
    keys = list(keys_of(connection, gallery, ids).values())
    gone: dict[str, str] = {}
    windows_gone: list[int] = []
    for part in _chunks(keys):
        rows = connection.execute(select(clips.c.clip_id, clips.c.sha256).where(clips.c.id.in_(part)))
        gone.update((row.clip_id, row.sha256) for row in rows)
        windows_gone += connection.execute(select(windows.c.id).where(windows.c.clip.in_(part))).scalars()
        connection.execute(delete(clips).where(clips.c.id.in_(part)))
    changes.record_removed(connection, gallery, sorted(windows_gone))
    return gone


def has_media(connection: Connection) -> bool:
    """Whether there is any clip."""
    return connection.execute(select(clips.c.id).limit(1)).first() is not None


def media_in_use(connection: Connection, part: str) -> set[str]:
    """The sha256 of all media that some clip of some gallery has, of those that begin with these hexadecimal digits."""
    within = (clips.c.sha256 >= part) & (clips.c.sha256 < f"{part}g")  # no digit is a g
    return set(connection.execute(select(clips.c.sha256).where(within).distinct()).scalars())


def is_media_used(connection: Connection, sha256: str) -> bool:
    """Whether any clip of any gallery has these bytes."""
    return connection.execute(select(clips.c.id).where(clips.c.sha256 == sha256).limit(1)).first() is not None


def are_there(connection: Connection) -> bool:
    """Whether there is any clip, of whatever gallery."""
    return connection.execute(select(clips.c.id).limit(1)).first() is not None


def window_ids(connection: Connection, gallery: int) -> I64:
    """[n] the ids of all windows of a gallery, ascending."""
    return integers(connection, select(windows.c.id).where(windows.c.gallery_id == gallery).order_by(windows.c.id))


def window_count(connection: Connection, gallery: int) -> int:
    """How many windows a gallery has."""
    return connection.execute(select(func.count()).where(windows.c.gallery_id == gallery)).scalar_one()


def count(connection: Connection, gallery: int) -> int:
    """How many clips a gallery has."""
    return connection.execute(select(func.count()).where(clips.c.gallery_id == gallery)).scalar_one()


def label_counts(connection: Connection, gallery: int) -> dict[str, int]:
    """How many clips have each label, in order of the labels."""
    query = select(labels.c.label, func.count()).join(clips, clips.c.id == labels.c.clip)
    query = query.where(clips.c.gallery_id == gallery).group_by(labels.c.label).order_by(labels.c.label)
    return {label: number for label, number in connection.execute(query)}


def _add_clips(connection: Connection, gallery: int, added: Sequence[Clip], rules: int) -> Sequence[int]:
    """The keys of clips, which are written with their labels.

    They are read back, as for rows that return theirs in order SQLAlchemy takes one statement each on SQLite.
    """
    connection.execute(insert(clips), [_row(gallery, clip) | {"rules": rules} for clip in added])
    known = keys_of(connection, gallery, [clip.id for clip in added])
    words = [
        {"clip": known[clip.id], "position": i, "label": label} for clip in added for i, label in enumerate(clip.labels)
    ]
    if words:
        connection.execute(insert(labels), words)
    return [known[clip.id] for clip in added]


def _row(gallery: int, clip: Clip) -> dict[str, object]:
    return {
        "gallery_id": gallery,
        "clip_id": clip.id,
        "sha256": clip.sha256,
        "name": clip.name,
        "media_type": clip.media_type,
        "size_bytes": clip.size_bytes,
        "duration_s": clip.duration_s,
        "metadata": dict(clip.metadata),
        "added_at": clip.added_at,
    }


def _add_windows(connection: Connection, gallery: int, added: Iterable[tuple[int, Clip]]) -> list[int]:
    """The ids of the windows of clips with their keys, ascending."""
    rows = [
        {"clip": key, "gallery_id": gallery, "start_s": cut.start_s, "end_s": cut.end_s, "absent": dict(absent)}
        for key, clip in added
        for cut, absent in zip(clip.windows, clip.absent_of_all, strict=True)
    ]
    if not rows:
        return []
    last = select(func.coalesce(func.max(windows.c.id), 0)).where(windows.c.gallery_id == gallery)
    before: int = connection.execute(last).scalar_one()
    connection.execute(insert(windows), rows)
    ids: list[int] = changes.record_added(connection, gallery, after=before).tolist()
    return ids


def _not_found(clip_id: str) -> ClipNotFound:
    return ClipNotFound(f"there is no clip {clip_id!r} in this gallery")


def _clips(connection: Connection, those: ColumnElement[bool]) -> dict[int, Clip]:
    """Clips by key, with their labels, windows and senses, in four queries however many they are."""
    words = _grouped(
        connection.execute(select(labels.c.clip, labels.c.label).join(clips).where(those).order_by(labels.c.position))
    )
    stretches = select(windows.c.clip, windows.c.start_s, windows.c.end_s, windows.c.absent).join(clips).where(those)
    cuts = _grouped(connection.execute(stretches.order_by(windows.c.id)))
    have = select(windows.c.clip, features.c.sense).distinct().join(features).join(clips, clips.c.id == windows.c.clip)
    senses = _grouped(connection.execute(have.where(those)))
    rows = connection.execute(select(clips).where(those).order_by(clips.c.id))
    return {row.id: _clip(row, words.get(row.id, []), cuts.get(row.id, []), senses.get(row.id, [])) for row in rows}


def _clip(row: Row[Any], words: Iterable[Any], cuts: Iterable[Any], senses: Iterable[Any]) -> Clip:
    found: list[Sense] = [sense for (sense,) in senses]
    known = list(cuts)
    return Clip(
        id=row.clip_id,
        name=row.name,
        labels=tuple(label for (label,) in words),
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        duration_s=row.duration_s,
        windows=tuple(Window(start, end) for start, end, _ in known),
        senses=frozenset(found),
        metadata=row.metadata,
        added_at=row.added_at,
        absent=noted(absent for _, _, absent in known),
    )


def _grouped(rows: Iterable[Row[Any]]) -> Mapping[int, list[tuple[Any, ...]]]:
    groups: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        groups.setdefault(row[0], []).append(tuple(row[1:]))
    return groups


def _chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[i : i + CHUNK] for i in range(0, len(values), CHUNK))
