"""Media that killed processes left, and what was made of media that went, removed beside whatever else goes on.

A start need not wait for it.
"""

import logging
from threading import Event, Thread

from index.catalog import clips
from index.catalog.database import Database
from index.derived import DerivedStore
from index.media.base import PARTS
from index.media.store import MediaStore
from models.errors import SightsoundError

log = logging.getLogger(__name__)


class Sweeping:
    """One look at all media, folder by folder; what it has not come to when it is stopped, the next start looks at.

    Over a catalog without any clip there is none: the media may be those of one that was not restored, or of another.
    """

    def __init__(self, media: MediaStore, derived: DerivedStore, database: Database) -> None:
        self._media, self._derived, self._database = media, derived, database
        self._enough = Event()
        self._thread = Thread(target=self._sweep, name="sweep-media", daemon=True)

    def settle(self) -> None:
        """Media that a killed process was about to drop are where they belong, or gone."""
        try:
            self._media.settle(self.is_used)
        except (SightsoundError, OSError) as error:
            log.warning("media that a killed process was about to drop are left to the next start: %s", error)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait(self) -> None:
        """Until it has looked at everything."""
        if self._thread.ident is not None:
            self._thread.join()

    def stop(self) -> None:
        """Leave the rest to the next one."""
        self._enough.set()
        self.wait()

    def is_used(self, sha256: str) -> bool:
        """Whether any clip of any gallery has these bytes."""
        with self._database.reading() as connection:
            return clips.is_media_used(connection, sha256)

    def _sweep(self) -> None:
        try:
            self._media.sweep_drafts()
            self._derived.sweep_drafts()
            if not self._has_clips():
                return
            derived = set(self._derived.parts())
            for part in PARTS:
                if self._enough.is_set():
                    return
                found = list(self._media.digests(part))
                if found or part in derived:
                    self._sweep_part(part, found)
        except (SightsoundError, OSError) as error:
            log.warning("media that no clip has are left to the next start: %s", error)

    def _has_clips(self) -> bool:
        with self._database.reading() as connection:
            return clips.are_there(connection)

    def _sweep_part(self, part: str, found: list[str]) -> None:
        with self._database.reading() as connection:
            used = clips.media_in_use(connection, part)
        self._media.sweep(found, used, self.is_used)
        self._derived.sweep(part, used)
