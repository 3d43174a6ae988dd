"""A gallery embedded by one bundle: the bundle and a vector table for each space that its routes search."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from index.catalog import changes
from index.catalog.database import Connection, Database
from index.catalog.places import by_window
from index.embedding import Embedding, Space, Watch, embeddings, gallery_routes, senses_of
from index.snapshots import WORTH, Snapshots
from index.stores import Stores
from index.tables import VectorTable
from index.vectors.kinds import EXACT
from models.bundle.runtime import Bundle
from models.errors import Conflict, RouteMissing, SenseMissing, Unavailable, WindowNotFound
from models.types import F32, I64, Hits, Modality

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Generation:
    """One bundle with all its vectors; whoever searches holds one of these, so no answer mixes two bundles."""

    number: int
    gallery: int
    bundle: Bundle
    tables: Mapping[Space, VectorTable]

    @property
    def routes(self) -> tuple[str, ...]:
        """The routes that search this gallery, by name."""
        return gallery_routes(self.bundle.manifest)

    @property
    def position(self) -> int:
        """The last change of the catalog that is in all tables."""
        return min(table.position for table in self.tables.values())

    def follow(self, database: Database) -> bool:
        """Take in what the catalog has changed since; says whether it has."""
        with database.reading() as connection:
            return self.follow_in(connection)

    def follow_in(self, connection: Connection) -> bool:
        """As `follow`, in a transaction that there is already."""
        return any([table.follow(connection, self.gallery) for table in self.tables.values()])

    def query_vectors(self, route: str, features: Mapping[Modality, F32]) -> F32:
        """[q, dim] of queries: features [q, width] of each modality that the route's query head reads.

        Raises RouteMissing, naming the routes there are; InvalidInput for features that do not fit.
        """
        return self.bundle.embed(self.bundle.manifest.routes[self._checked(route)].query, features)

    def window_vector(self, database: Database, route: str, window: int) -> F32:
        """[1, dim] the query that a window of the gallery is; raises WindowNotFound, SenseMissing, RouteMissing."""
        manifest = self.bundle.manifest
        spec = manifest.routes[self._checked(route)]
        senses = senses_of(manifest, spec.query)
        asking = Embedding(self.bundle, manifest.space(spec), spec.query, senses, spec.metric)
        with database.reading() as connection:
            if not by_window(connection, self.gallery, [window]):
                raise WindowNotFound(f"there is no window {window} in this gallery")
            ids = asking.windows(connection, self.gallery, among=np.array([window], np.int64))
            if not senses or not len(ids):
                raise SenseMissing(f"the window {window} lacks what {route!r} asks with: {spec.query}")
            return asking.all_vectors(connection, ids)

    def table(self, route: str) -> VectorTable:
        """What a route searches; raises RouteMissing."""
        manifest = self.bundle.manifest
        return self.tables[manifest.space(manifest.routes[self._checked(route)])]

    def search(self, route: str, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """The nearest windows to query vectors [q, dim]; raises RouteMissing, InvalidInput."""
        return self.table(route).index.search(queries, k, allowed=allowed)

    def verify(self, connection: Connection) -> None:
        """Refuse tables that do not hold exactly what the catalog has; raises Conflict."""
        for table in self.tables.values():
            wanted = table.embedding.windows(connection, self.gallery)
            if not np.array_equal(table.index.ids(), wanted):
                found = f"{len(table.index)} vectors for {len(wanted)} windows"
                raise Conflict(f"generation {self.number} has {found} in the table of {table.embedding.head!r}")

    def _checked(self, route: str) -> str:
        if route not in self.routes:
            raise RouteMissing(
                f"the bundle {self.bundle.name!r} has no route {route!r}; it has {', '.join(self.routes)}"
            )
        return route


def opened(
    stores: Stores, gallery: int, number: int, bundle: Bundle, *, watch: Watch = lambda count: None
) -> Generation:
    """A generation whose tables come from their snapshots and the changes since, or else from stored features."""
    tables = {space: _table(stores, gallery, number, each, watch) for space, each in embeddings(bundle).items()}
    found = Generation(number, gallery, bundle, tables)
    found.follow(stores.database)
    return found


def rebuilt(stores: Stores, generation: Generation, watch: Watch = lambda count: None) -> Generation:
    """The same generation with tables made anew and written: what came since they were built gets its place in them."""
    tables = {
        space: _built(stores, generation.gallery, generation.number, table.embedding, watch).on(stores.options.device)
        for space, table in generation.tables.items()
    }
    return replace(generation, tables=tables)


def keep(stores: Stores, generation: Generation) -> None:
    """Write the tables that have changed much since they were written."""
    for table in generation.tables.values():
        if table.unwritten >= WORTH:
            Snapshots(stores.vectors).write(generation.gallery, generation.number, table)


def _table(stores: Stores, gallery: int, number: int, embedding: Embedding, watch: Watch) -> VectorTable:
    """As its snapshot has it, or made anew; where the options want a GPU, only an exact one will do."""
    known, device = Snapshots(stores.vectors).read(gallery, number, embedding), stores.options.device
    if known is not None and (device == "cpu" or known.index.kind in EXACT):
        with stores.database.reading() as connection:
            if changes.leads_through(connection, gallery, known.point):
                return known.on(device)
        log.warning("a snapshot is of another history, as after a backup was restored; its vectors are made anew")
    return _built(stores, gallery, number, embedding, watch).on(device)


def _built(stores: Stores, gallery: int, number: int, embedding: Embedding, watch: Watch) -> VectorTable:
    with stores.database.reading() as connection:
        table = VectorTable.built(embedding, connection, gallery, options=stores.options, watch=watch)
    if len(table.index) < WORTH:
        return table
    try:
        Snapshots(stores.vectors).write(gallery, number, table)
    except Unavailable as error:
        log.warning("%s; they are kept in memory only, and the next start makes them anew", error)
        return table
    return Snapshots(stores.vectors).read(gallery, number, embedding) or table
