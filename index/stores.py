"""Where the galleries of one data folder keep things."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from index import placement
from index.catalog.clips import has_media
from index.catalog.database import Database
from index.catalog.galleries import numbers
from index.derived import DerivedStore
from index.media.address import MediaAddress
from index.media.store import MediaStore
from index.shelf import Shelf
from index.snapshots import Snapshots
from index.sweeping import Sweeping
from index.vectors.kinds import IndexOptions
from models.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Stores:
    """The catalog, the media, what is made of them, the bundles and the vectors; `options` are those of every index.

    `writing` is held while this process changes the catalog and what follows it.
    """

    database: Database
    media: MediaStore
    derived: DerivedStore
    shelf: Shelf
    vectors: Path
    options: IndexOptions
    writing: RLock
    sweeping: Sweeping

    @classmethod
    def open(
        cls,
        folder: Path,
        catalog: str | None = None,
        options: IndexOptions | None = None,
        media_at: MediaAddress | None = None,
    ) -> "Stores":
        """Those of a data folder, which is made where there is none; close them.

        `catalog` is the address of the catalog's database, as `postgresql://user@host/database`; None is
        `catalog.sqlite` in the folder. Raises CatalogInvalid, Unavailable where the database's server is not, or
        InvalidInput and DependencyMissing where media cannot be `media_at`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        wanted = options or IndexOptions()
        media, derived = MediaStore.at(media_at or MediaAddress(), folder), DerivedStore(folder / "derived")
        database = Database(catalog or f"sqlite:///{folder / 'catalog.sqlite'}")
        stores = cls(
            database=database,
            media=media,
            derived=derived,
            shelf=Shelf(folder / "bundles", device=wanted.device),
            vectors=folder / "vectors",
            options=wanted,
            writing=RLock(),
            sweeping=Sweeping(media, derived, database),
        )
        vectors = Snapshots(stores.vectors)
        written = vectors.written()  # before the catalog is read, as a generation is there before its vectors are
        with database.reading() as connection:
            is_filled, known = has_media(connection), numbers(connection)
        if is_filled:  # else it may be the wrong catalog, and everything would go
            vectors.sweep(written - known)
            stores.sweeping.settle()  # few, and wanted at once
            stores.sweeping.start()
        placement.sweep(database, stores.options.milvus)
        return stores

    def close(self) -> None:
        """Let the catalog go."""
        self.sweeping.stop()
        self.database.close()

    def drop_unused(self, sha256s: Iterable[str]) -> None:
        """Forget media that no clip of any gallery has any more.

        Where the media cannot be reached the rest is not tried, as each would be waited for, and is swept later.
        """
        with suppress(Unavailable, OSError):
            for each in sha256s:
                self.media.drop(each, self.sweeping.is_used)
                if not self.media.file(each).exists():
                    self.derived.drop(each)
