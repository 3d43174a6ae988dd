"""Where windows are: what every hit of every search asks of the catalog."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    any_,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from index.catalog.database import Database
from index.catalog.galleries import WHERE_IT_IS, GalleryState
from index.catalog.schema import clips, galleries, labels, windows
from index.clips import Absent
from models.errors import GalleryNotFound
from models.types import Window

NOTHING = "{}"
"""What a window lacks, as the catalog has it, of most of them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A window and what a hit tells of its clip."""

    clip_id: str
    name: str
    labels: tuple[str, ...]
    window: Window
    media_type: str
    duration_s: float
    absent: Absent


def by_window(connection: Connection, gallery: int, ids: Sequence[int]) -> dict[int, Place]:
    """Of those window ids that are still there: where they are."""
    dialect = connection.dialect.name
    rows = connection.execute(PLACES[dialect], _asked(dialect, gallery, ids)).all()
    return _places(tuple(row)[len(WHERE_IT_IS) :] for row in rows)


def looked_up(database: Database, gallery: int, ids: Sequence[int]) -> tuple[GalleryState, dict[int, Place]]:
    """As `by_window`, and where the gallery was at that moment; raises GalleryNotFound where it is no more."""
    rows = database.rows(PLACES[database.dialect], _asked(database.dialect, gallery, ids))
    if not rows:
        raise GalleryNotFound("the gallery has been deleted")
    here = len(WHERE_IT_IS)
    return GalleryState(*rows[0][:here]), _places(row[here:] for row in rows)


def _asked(dialect: str, gallery: int, ids: Sequence[int]) -> dict[str, object]:
    return {"gallery": gallery, "ids": json.dumps(ids) if dialect == "sqlite" else list(ids)}


def _places(rows: Iterable[tuple[Any, ...]]) -> dict[int, Place]:
    words: dict[int, list[str]] = {}
    found: dict[int, Place] = {}
    for window, start, end, absent, clip_id, name, media_type, duration_s, label in rows:
        if window is not None:
            words.setdefault(window, []).extend(() if label is None else (label,))
            lacks = {} if absent == NOTHING else json.loads(absent)
            where = Window(start, end)
            found[window] = Place(clip_id, name, tuple(words[window]), where, media_type, duration_s, lacks)
    return found


def _query(is_asked: ColumnElement[bool]) -> Select[Any]:
    """A row for each label of the clip of each window, or one where it has none; at least one of the gallery itself."""
    of_window = windows.c.id, windows.c.start_s, windows.c.end_s, cast(windows.c.absent, String)
    of_clip = clips.c.clip_id, clips.c.name, clips.c.media_type, clips.c.duration_s
    joined = galleries.outerjoin(windows, and_(windows.c.gallery_id == galleries.c.id, is_asked))
    joined = joined.outerjoin(clips, clips.c.id == windows.c.clip).outerjoin(labels, labels.c.clip == clips.c.id)
    query = select(*WHERE_IT_IS, *of_window, *of_clip, labels.c.label)
    query = query.select_from(joined).where(galleries.c.id == bindparam("gallery"))
    return query.order_by(windows.c.id, labels.c.position)


_IDS: Select[Any] = select(column("value")).select_from(func.json_each(bindparam("ids")).table_valued("value"))
PLACES = {
    "sqlite": _query(windows.c.id.in_(_IDS)),
    "postgresql": _query(windows.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))),
}
"""With all ids as one parameter: a list of them would be compiled anew for every search, which takes longer than it."""
