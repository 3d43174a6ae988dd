"""What the rooms of a gallery share."""

import logging

from index.active import Active
from index.catalog.counts import Counts
from index.catalog.galleries import GalleryRow, GalleryState
from index.generations import Generation
from index.sigmoids import Sigmoids
from index.stores import Stores
from models.errors import VectorsUnavailable

log = logging.getLogger(__name__)


class OpenGallery:
    """A gallery's place in the catalog, and the generation that answers for it."""

    def __init__(self, stores: Stores, row: GalleryRow, active: Active) -> None:
        self.name, self.key = row.name, row.key
        self._stores = stores
        self._active = active
        self._sigmoids = Sigmoids(stores.database, row.key)
        self._counts: Counts | None = None

    @property
    def active(self) -> Generation:
        """The generation that answers now; hold it to use its bundle for more than one thing."""
        return self._active.generation

    def notice(self, now: GalleryState) -> None:
        """Take over what another process switched to, as the catalog says; the one there is answers meanwhile."""
        self._active.notice(now)

    def close(self) -> None:
        """Let go of what works beside."""
        self._active.close()

    def _follow(self) -> None:
        """Vectors in a Milvus that is away follow with a later search: what was written to the catalog is written."""
        try:
            self.active.follow(self._stores.database)
        except VectorsUnavailable as error:
            log.warning("the vectors of the gallery %r do not follow for now: %s", self.name, error)
