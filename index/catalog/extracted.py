"""What is stored of a file, in whatever gallery, that would be extracted from it again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select

from index.catalog.clips import windows_of
from index.catalog.features import Backbones, from_half
from index.catalog.schema import clips, features, windows
from index.clips import Absent
from models.errors import WindowNotFound
from models.media.rules import RULES
from models.types import F32, Sense, Window

MOST_CLIPS = 8
"""Of the same bytes in so many galleries, at most: those that are not complete for these backbones are passed over."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A window, the features [width] that are stored of it by some backbones, and what it lacks."""

    window: Window
    features: Mapping[Sense, F32]
    absent: Absent


def extracted(connection: Connection, sha256: str, backbones: Backbones) -> tuple[float, list[Cut]] | None:
    """The length in seconds and the windows of a file that was cut and decoded by the rules there are now.

    None where no clip of any gallery has, in every window, the feature of each of these backbones or the reason why
    there is none.
    """
    query = select(clips.c.id, clips.c.duration_s).where(clips.c.sha256 == sha256, clips.c.rules == RULES)
    for key, duration_s in connection.execute(query.order_by(clips.c.id).limit(MOST_CLIPS)).all():
        cuts = list(_cuts(connection, windows.c.clip == key, backbones))
        if all(sense in cut.features or sense in cut.absent for cut in cuts for sense in backbones):
            return duration_s, cuts
    return None


def of_clip(connection: Connection, gallery: int, clip_id: str, backbones: Backbones) -> list[Cut]:
    """The windows of a clip of a gallery, with whatever features they have; raises ClipNotFound."""
    those = windows.c.id.in_(windows_of(connection, gallery, clip_id))
    return list(_cuts(connection, those, backbones))


def of_window(connection: Connection, gallery: int, window: int, backbones: Backbones) -> Cut:
    """A window of a gallery, with whatever features it has; raises WindowNotFound."""
    those = (windows.c.id == window) & (windows.c.gallery_id == gallery)
    for cut in _cuts(connection, those, backbones):
        return cut
    raise WindowNotFound(f"there is no window {window} in this gallery")


def _cuts(connection: Connection, those: ColumnElement[bool], backbones: Backbones) -> Iterator[Cut]:
    stretches = select(windows.c.id, windows.c.start_s, windows.c.end_s, windows.c.absent)
    found = _vectors(connection, those, backbones)
    for row in connection.execute(stretches.where(those).order_by(windows.c.id)):
        yield Cut(Window(row.start_s, row.end_s), found.get(row.id, {}), row.absent)


def _vectors(connection: Connection, those: ColumnElement[bool], backbones: Backbones) -> dict[int, dict[Sense, F32]]:
    """By window and sense."""
    each = [and_(features.c.sense == sense, features.c.backbone_sha256 == ref) for sense, ref in backbones.items()]
    query = select(features.c.window, features.c.sense, features.c.vector).join(windows)
    found: dict[int, dict[Sense, F32]] = {}
    for row in connection.execute(query.where(those, or_(false(), *each))):
        found.setdefault(row.window, {})[row.sense] = from_half([row.vector])[0]
    return found
