"""Where the galleries of one data folder keep things."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from index.catalog.clips import is_media_used, media_in_use
from index.catalog.database import Database
from index.catalog.galleries import numbers
from index.media import MediaStore
from index.shelf import Shelf
from index.snapshots import Snapshots
from index.vectors.kinds import IndexOptions
from models.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Stores:
    """The catalog, the media, the bundles and the vectors; `options` are those of every index that is built.

    `writing` is held while this process changes the catalog and what follows it.
    """

    database: Database
    media: MediaStore
    shelf: Shelf
    vectors: Path
    options: IndexOptions
    writing: RLock

    @classmethod
    def open(cls, folder: Path, catalog: str | None = None, options: IndexOptions | None = None) -> "Stores":
        """Those of a data folder, which is made where there is none.

        `catalog` is the address of the catalog's database, as `postgresql://user@host/database`; None is
        `catalog.sqlite` in the folder. Raises CatalogInvalid, or Unavailable where the database's server is not.
        """
        folder.mkdir(parents=True, exist_ok=True)
        database = Database(catalog or f"sqlite:///{folder / 'catalog.sqlite'}")
        stores = cls(
            database=database,
            media=MediaStore(folder / "media"),
            shelf=Shelf(folder / "bundles"),
            vectors=folder / "vectors",
            options=options or IndexOptions(),
            writing=RLock(),
        )
        vectors = Snapshots(stores.vectors)
        written = vectors.written()  # before the catalog is read, as a generation is there before its vectors are
        with database.reading() as connection:
            used, known = media_in_use(connection), numbers(connection)
        if used:  # else it may be the wrong catalog, and everything would go
            stores.media.sweep(used, stores._is_used)
            vectors.sweep(written - known)
        return stores

    def drop_unused(self, sha256: str) -> None:
        """Forget media that no clip of any gallery has any more; what cannot be told is swept later."""
        with suppress(Unavailable):
            self.media.drop(sha256, self._is_used)

    def _is_used(self, sha256: str) -> bool:
        with self.database.reading() as connection:
            return is_media_used(connection, sha256)
