"""The galleries of one data folder."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock

from index import deleting, generations, placement
from index.active import Active, checked
from index.auditing import Auditing
from index.catalog import galleries
from index.catalog.extracted import extracted
from index.catalog.features import Backbones
from index.catalog.galleries import BundleRow
from index.corrections import stored
from index.derived import DerivedStore
from index.gallery import Gallery
from index.keys import Keys
from index.media.address import MediaAddress
from index.replies import Replies
from index.shelf import NAME, Shelf
from index.statistics import GalleryStatistics, statistics
from index.stores import Stores
from index.vectors.kinds import IndexOptions
from index.vocabularies import Vocabularies
from models.bundle.runtime import Bundle
from models.errors import InvalidInput
from models.features.extract import ClipFeatures


class Galleries:
    """The galleries of one data folder: `catalog.sqlite`, `media/` and `bundles/<name>/`."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._open: dict[str, Gallery] = {}
        self._opening: dict[str, Lock] = {}

    @classmethod
    def open(
        cls,
        folder: Path,
        catalog: str | None = None,
        options: IndexOptions | None = None,
        media_at: MediaAddress | None = None,
    ) -> "Galleries":
        """The galleries in a folder, which is made where there is none.

        `catalog` is the address of a PostgreSQL database, None for SQLite in the folder; `options` are those of every
        index that is built; media are in the folder, or `media_at`. Raises CatalogInvalid, Unavailable where the
        database's server is not, or InvalidInput and DependencyMissing where media cannot be there.
        """
        return cls(Stores.open(folder, catalog, options, media_at))

    def keep(self) -> None:
        """Write what has changed much of each open gallery."""
        for each in list(self._open.values()):
            each.keep()

    def close(self) -> None:
        """Close the galleries that are open, and the catalog."""
        opened, self._open = self._open, {}
        for each in opened.values():
            each.close()
        self._stores.close()

    @property
    def stores(self) -> Stores:
        """What they are kept in, for what moves and verifies them."""
        return self._stores

    @property
    def keys(self) -> Keys:
        """The keys of those who may ask."""
        return Keys(self._stores.database)

    def auditing(self, *, kept_days: float) -> Auditing:
        """What was done that concerns everybody, kept for so long."""
        return Auditing(self._stores.database, kept_days=kept_days)

    @property
    def vocabularies(self) -> Vocabularies:
        """Lists of classes that clips are classified by."""
        return Vocabularies(self._stores.database)

    @property
    def derived(self) -> DerivedStore:
        """What was made of clips for people to look at."""
        return self._stores.derived

    def replies(self, *, kept_s: float) -> Replies:
        """Which requests were done, and what was answered; for so many seconds."""
        return Replies(self._stores.database, kept_s=kept_s)

    def names(self) -> list[str]:
        """The galleries there are."""
        with self._stores.database.reading() as connection:
            return galleries.names(connection)

    def bundle_names(self) -> list[str]:
        """The bundles there are."""
        return self._stores.shelf.names()

    def bundle(self, name: str) -> Bundle:
        """The bundle of that name; raises BundleNotFound, naming those there are."""
        return self._stores.shelf.bundle(name)

    @property
    def shelf(self) -> Shelf:
        """The folder of bundles."""
        return self._stores.shelf

    def extracted(self, sha256: str, backbones: Backbones) -> ClipFeatures | None:
        """The features of a file by these backbones, where a clip of any gallery has its bytes and them; as stored."""
        with self._stores.database.reading() as connection:
            return extracted(connection, sha256, backbones)

    def create(self, name: str, bundle: str) -> Gallery:
        """A new gallery; raises Conflict when there is one of that name, BundleNotFound, or InvalidInput."""
        if not NAME.fullmatch(name):
            raise InvalidInput(f"a gallery's name is 1 to 64 letters, digits, '.', '_' and '-', found {name!r}")
        chosen = self.bundle(bundle)
        with self._stores.writing, self._stores.database.writing() as connection:
            key = galleries.create(connection, name, BundleRow(chosen.name, chosen.sha256))
            placement.begin(connection, key, galleries.FIRST, bundle=chosen, milvus=self._stores.options.milvus)
        return self.get(name)

    def delete(self, name: str, check: Callable[[], None] = deleting.anyhow) -> None:
        """Delete a gallery for good, as `deleting.delete` does; raises GalleryNotFound, and what `check` does."""
        deleting.delete(self._stores, name, check)
        with self._turn(name):
            gone = self._open.pop(name, None)
        if gone is not None:
            gone.close()

    def statistics(self, name: str) -> GalleryStatistics:
        """A gallery in numbers, from the catalog alone; raises GalleryNotFound."""
        return statistics(self._stores, name)

    def known(self, name: str) -> Gallery | None:
        """As `get` found it last, without asking the catalog; whoever searches one that has gone since is told so."""
        return self._open.get(name)

    def get(self, name: str) -> Gallery:
        """The gallery of that name, with its vectors; raises GalleryNotFound, which knows those there are.

        Whoever asks for one that is open waits for nobody who writes.
        """
        with self._stores.database.reading() as connection:
            key, now = galleries.find(connection, name)
        known = self._open.get(name)
        if known is None or known.key != key:  # another process may have deleted one and made another
            known = self._opened_once(name)
        known.notice(now)
        return known

    def _turn(self, name: str) -> Lock:
        """Of who opens a gallery, which may take long: who opens another, or writes to one, does not wait for it."""
        return self._opening.setdefault(name, Lock())

    def _opened_once(self, name: str) -> Gallery:
        with self._turn(name):
            with self._stores.database.reading() as connection:
                key = galleries.key(connection, name)
            known = self._open.get(name)
            if known is None or known.key != key:
                known = self._open[name] = self._opened(name)
            return known

    def _opened(self, name: str) -> Gallery:
        with self._stores.database.reading() as connection:
            row = galleries.get(connection, name)
        bundle = checked(self._stores.shelf, row.generation, row.bundle)
        corrections = stored(row.biases)
        generation = generations.opened(self._stores, row.key, row.generation, bundle, corrections=corrections)
        return Gallery(self._stores, row, Active(self._stores, row.key, generation, built=row.built))
