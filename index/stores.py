"""Where the galleries of one data folder keep things."""

from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from index.catalog.clips import media_in_use
from index.catalog.database import Database
from index.media import MediaStore
from index.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Stores:
    """The catalog, the media and the bundles; `writing` is held while the catalog and what follows it change."""

    database: Database
    media: MediaStore
    shelf: Shelf
    writing: RLock

    @classmethod
    def open(cls, folder: Path, catalog: str | None = None) -> "Stores":
        """Those of a data folder, which is made where there is none.

        `catalog` is the address of the catalog's database, as `postgresql://user@host/database`; None is
        `catalog.sqlite` in the folder. Raises CatalogInvalid, or Unavailable where the database's server is not.
        """
        folder.mkdir(parents=True, exist_ok=True)
        database = Database(catalog or f"sqlite:///{folder / 'catalog.sqlite'}")
        stores = cls(database, MediaStore(folder / "media"), Shelf(folder / "bundles"), RLock())
        with database.reading() as connection:
            stores.media.sweep(media_in_use(connection))
        return stores
