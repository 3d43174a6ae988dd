"""What is stored of a file, in whatever gallery, that would be extracted from it again."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select

from index.catalog.clips import windows_of
from index.catalog.features import Backbones, from_half
from index.catalog.schema import clips, features, windows
from models.errors import WindowNotFound
from models.features.extract import ClipFeatures, WindowFeatures
from models.media.rules import RULES
from models.types import F32, Sense, Window

MOST_CLIPS = 8
"""Of the same bytes in so many galleries, at most: those that are not complete for these backbones are passed over."""


def extracted(connection: Connection, sha256: str, backbones: Backbones) -> ClipFeatures | None:
    """The features of a file that was cut and decoded by the rules there are now.

    None where no clip of any gallery has, in every window, the feature of each of these backbones or the reason why
    there is none.
    """
    query = select(clips.c.id, clips.c.duration_s).where(clips.c.sha256 == sha256, clips.c.rules == RULES)
    for key, duration_s in connection.execute(query.order_by(clips.c.id).limit(MOST_CLIPS)).all():
        those = tuple(_windows(connection, windows.c.clip == key, backbones))
        if all(sense in each.features or sense in each.absent for each in those for sense in backbones):
            return ClipFeatures(duration_s, those)
    return None


def of_clip(connection: Connection, gallery: int, clip_id: str, backbones: Backbones) -> list[WindowFeatures]:
    """The windows of a clip of a gallery, with whatever features they have; raises ClipNotFound."""
    those = windows.c.id.in_(windows_of(connection, gallery, clip_id))
    return list(_windows(connection, those, backbones))


def of_window(connection: Connection, gallery: int, window: int, backbones: Backbones) -> WindowFeatures:
    """A window of a gallery, with whatever features it has; raises WindowNotFound."""
    those = (windows.c.id == window) & (windows.c.gallery_id == gallery)
    for each in _windows(connection, those, backbones):
        return each
    raise WindowNotFound(f"there is no window {window} in this gallery")


def _windows(connection: Connection, those: ColumnElement[bool], backbones: Backbones) -> Iterator[WindowFeatures]:
    stretches = select(windows.c.id, windows.c.start_s, windows.c.end_s, windows.c.absent)
    found = _vectors(connection, those, backbones)
    for row in connection.execute(stretches.where(those).order_by(windows.c.id)):
        yield WindowFeatures(Window(row.start_s, row.end_s), found.get(row.id, {}), row.absent)


def _vectors(connection: Connection, those: ColumnElement[bool], backbones: Backbones) -> dict[int, dict[Sense, F32]]:
    """By window and sense."""
    each = [and_(features.c.sense == sense, features.c.backbone_sha256 == ref) for sense, ref in backbones.items()]
    query = select(features.c.window, features.c.sense, features.c.vector).join(windows)
    found: dict[int, dict[Sense, F32]] = {}
    for row in connection.execute(query.where(those, or_(false(), *each))):
        found.setdefault(row.window, {})[row.sense] = from_half([row.vector])[0]
    return found
