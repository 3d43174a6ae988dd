"""A gallery's rows from first to last, some at a time: what is too large to be held at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, select

from index.catalog import clips as rows
from index.catalog.schema import clips, features, windows
from index.clips import Clip
from models.types import I64, Sense

CLIPS_AT_ONCE = 64
ROWS_AT_ONCE = 1024

Source = tuple[Sense, str]
"""What a feature is of: a sense, and the sha256 of the backbone."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Stored features of one source: how many, and the bytes of the shortest and the longest."""

    source: Source
    count: int
    shortest: int
    longest: int


@dataclass(frozen=True, slots=True)
class Held:
    """A clip, the ids of its windows, ascending, and what features each of them has, in order of their sources."""

    clip: Clip
    windows: tuple[int, ...]
    sources: tuple[tuple[Source, ...], ...]


def kept(connection: Connection, gallery: int) -> list[Kept]:
    """All the features that a gallery stores, in order of their sources."""
    of = (features.c.sense, features.c.backbone_sha256)
    size = func.length(features.c.vector)
    query = select(*of, func.count(), func.min(size), func.max(size)).select_from(features.join(windows))
    found = connection.execute(query.where(windows.c.gallery_id == gallery).group_by(*of).order_by(*of))
    return [Kept((row[0], row[1]), *row[2:]) for row in found]


def media_bytes(connection: Connection, gallery: int) -> int:
    """The bytes of all clips of a gallery."""
    total = select(func.coalesce(func.sum(clips.c.size_bytes), 0)).where(clips.c.gallery_id == gallery)
    return int(connection.execute(total).scalar_one())


def walk(connection: Connection, gallery: int) -> Iterator[Held]:
    """All clips, in the order they were added; 8 bytes a clip are held beside 64 of them."""
    keys = rows.keys(connection, gallery)
    for start in range(0, len(keys), CLIPS_AT_ONCE):
        part: list[int] = keys[start : start + CLIPS_AT_ONCE].tolist()
        known = _windows(connection, part)
        for key, clip in rows.by_key(connection, part).items():
            of_clip = known.get(key, {})
            yield Held(clip, tuple(of_clip), tuple(tuple(each) for each in of_clip.values()))


def vectors(connection: Connection, gallery: int, source: Source) -> Iterator[tuple[I64, list[bytes]]]:
    """The features of a source as they are stored, with the ids [b] of their windows, ascending."""
    sense, backbone = source
    last = -1
    query = select(windows.c.id, features.c.vector).join(features, features.c.window == windows.c.id)
    query = query.where(features.c.sense == sense, features.c.backbone_sha256 == backbone)
    query = query.where(windows.c.gallery_id == gallery).order_by(windows.c.id).limit(ROWS_AT_ONCE)
    while found := connection.execute(query.where(windows.c.id > last)).all():
        last = found[-1].id
        yield np.array([row.id for row in found], np.int64), [row.vector for row in found]


def sha256s(connection: Connection, gallery: int) -> Iterator[list[str]]:
    """The sha256 of all media of a gallery."""
    keys = rows.keys(connection, gallery)
    for start in range(0, len(keys), ROWS_AT_ONCE):
        part = keys[start : start + ROWS_AT_ONCE].tolist()
        yield list(connection.execute(select(clips.c.sha256).where(clips.c.id.in_(part))).scalars())


def known(connection: Connection, gallery: int, clip_ids: Sequence[str]) -> set[str]:
    """Which of these clips the gallery has."""
    query = select(clips.c.clip_id).where(clips.c.gallery_id == gallery, clips.c.clip_id.in_(clip_ids))
    return set(connection.execute(query).scalars())


def _windows(connection: Connection, keys: Sequence[int]) -> dict[int, dict[int, list[Source]]]:
    """By clip and window: what features there are."""
    query = select(windows.c.clip, windows.c.id, features.c.sense, features.c.backbone_sha256)
    query = query.select_from(windows.outerjoin(features)).where(windows.c.clip.in_(keys))
    found: dict[int, dict[int, list[Source]]] = {}
    for row in connection.execute(query.order_by(windows.c.id, features.c.sense, features.c.backbone_sha256)):
        sources = found.setdefault(row.clip, {}).setdefault(row.id, [])
        if row.sense is not None:
            sources.append((row.sense, row.backbone_sha256))
    return found
