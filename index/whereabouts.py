"""Where the windows of a gallery are, remembered until the gallery changes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from index.catalog.database import Database
from index.catalog.galleries import STATE, GalleryState
from index.catalog.places import Place, looked_up

KEPT = 20_000
"""Places that are remembered of a gallery, some 10 MB; beyond, they are looked up anew."""

Told = tuple[GalleryState, Mapping[int, Place]]
"""Where a gallery is, and where windows are at that moment."""


@dataclass(frozen=True, slots=True)
class _Known:
    """Places as of one position of a gallery: more may come to be known, none becomes another."""

    position: int
    places: dict[int, Place] = field(default_factory=dict)


class Whereabouts:
    """Looks up where windows are, as of the moment when it is asked; safe to use from several threads.

    Whatever a place tells of is a change of the gallery (a clip that came or went, its labels, its name), so what was
    looked up counts for as long as the gallery is at the same position, which it asks each time.
    """

    def __init__(self, database: Database, gallery: int) -> None:
        self._database, self._gallery = database, gallery
        self._known = _Known(-1)

    def of(self, ids: Sequence[int]) -> Told:
        """Where the gallery is, and these windows, of those that are still there; others may be told of beside.

        Raises GalleryNotFound where it is no more, Unavailable where the catalog is not to be reached.
        """
        known = self._known
        if _has(known, ids):
            rows = self._database.rows(STATE, {"gallery": self._gallery})
            if rows and rows[0][0] == known.position:
                return GalleryState(*rows[0]), known.places
        now, found = looked_up(self._database, self._gallery, ids)
        self._remember(now.position, found)
        return now, found

    def at_once(self, ids: Sequence[int]) -> Told | None:
        """As `of`, by one look into a file that is open; None where that is not enough to know."""
        known = self._known
        if not _has(known, ids) or not (rows := self._database.glance(STATE, {"gallery": self._gallery})):
            return None
        now = GalleryState(*rows[0])
        return (now, known.places) if now.position == known.position else None

    def _remember(self, position: int, found: Mapping[int, Place]) -> None:
        """Beside what is known as of the same position, as long as there is room."""
        known = self._known
        if known.position == position and len(known.places) + len(found) <= KEPT:
            known.places.update(found)
        elif len(found) <= KEPT:
            self._known = _Known(position, dict(found))


def _has(known: _Known, ids: Collection[int]) -> bool:
    return known.places.keys() >= set(ids)
