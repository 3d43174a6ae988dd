"""The galleries of a data folder, asked as those of a service are: by methods as a client has them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from index import deleting, statistics
from index.galleries import Galleries
from index.stores import Stores
from models.errors import SettingsInvalid
from service.settings import Settings
from sightsound.gallery_answers import GalleryStatistics


class Named(NamedTuple):
    """A gallery that there is."""

    name: str


class FolderGalleries:
    """Galleries made, counted and deleted where they lie; raises what the stores raise, such as GalleryNotFound."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def create_gallery(self, gallery: str, bundle: str) -> None:
        """An empty one that this bundle embeds."""
        Galleries(self._stores).create(gallery, bundle)

    def galleries(self) -> tuple[Named, ...]:
        """All there are."""
        return tuple(map(Named, statistics.names(self._stores)))

    def gallery_statistics(self, gallery: str) -> GalleryStatistics:
        """How much it holds."""
        return GalleryStatistics.model_validate(asdict(statistics.statistics(self._stores, gallery)))

    def remove_gallery(self, gallery: str) -> None:
        """Delete it with all that it holds, for good."""
        deleting.delete(self._stores, gallery)


@contextmanager
def opened(data: Path, catalog: str | None) -> Iterator[Stores]:
    """The stores of a data folder, closed with the block; other settings come from SIGHTSOUND_… variables.

    Raises SettingsInvalid where there is no data folder.
    """
    if not (data / "catalog.sqlite").is_file() and not (data / "bundles").is_dir():
        raise SettingsInvalid(
            f"{data} holds neither catalog.sqlite nor bundles; expected a data folder (--data): `sightsound demo` "
            "makes one, `sightsound bundle from-pretrained` begins one for clips of your own"
        )
    settings = Settings(data=data, catalog=catalog)
    stores = Stores.open(data, catalog, settings.vectors, settings.media_at)
    try:
        yield stores
    finally:
        stores.close()
