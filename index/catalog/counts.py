"""How much a gallery holds, counted on from what was counted before: all of it takes a second of a million windows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from index.catalog import clips
from index.catalog.changes import Point, last, leads_through, only_added
from index.catalog.schema import labels, windows


@dataclass(frozen=True, slots=True)
class Counts:
    """What a gallery holds at a point of its changes; `labels` counts clips by label, in order of the labels.

    `newest` is the highest id of its windows; those that come after have higher ones.
    """

    point: Point
    newest: int
    clips: int
    windows: int
    labels: Mapping[str, int]


def counted(connection: Connection, gallery: int, known: Counts | None) -> Counts:
    """As the gallery is now; the same point of its changes has the same counts, in whatever process.

    What was added since `known` is added to it. All is counted where nothing is known, or something else happened.
    Raises GalleryNotFound where the gallery is no more.
    """
    point = last(connection, gallery)
    if known is None or not leads_through(connection, gallery, known.point):
        return _all(connection, gallery, point)
    if known.point == point:
        return known
    if not only_added(connection, gallery, after=known.point.position):
        return _all(connection, gallery, point)
    return _more(connection, gallery, point, known)


def _all(connection: Connection, gallery: int, point: Point) -> Counts:
    newest = select(func.max(windows.c.id)).where(windows.c.gallery_id == gallery)
    return Counts(
        point=point,
        newest=connection.execute(newest).scalar() or 0,
        clips=clips.count(connection, gallery),
        windows=clips.window_count(connection, gallery),
        labels=_sorted(clips.label_counts(connection, gallery)),
    )


def _more(connection: Connection, gallery: int, point: Point, known: Counts) -> Counts:
    """A clip comes with all its windows at once."""
    new = (windows.c.gallery_id == gallery) & (windows.c.id > known.newest)
    of_clips = func.count(windows.c.clip.distinct())
    added = connection.execute(select(func.max(windows.c.id), of_clips, func.count()).where(new)).one()
    those = labels.c.clip.in_(select(windows.c.clip).where(new))
    rows = connection.execute(select(labels.c.label, func.count()).where(those).group_by(labels.c.label))
    words = Counter(known.labels) + Counter({label: number for label, number in rows})
    return Counts(point, added[0], known.clips + added[1], known.windows + added[2], _sorted(words))


def _sorted(words: Mapping[str, int]) -> dict[str, int]:
    """The same order in every process, whatever that of the database."""
    return dict(sorted(words.items()))
