"""A gallery embedded by one bundle: the bundle and a vector table for each space that its routes search."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from index import placement
from index.blending import DEEP, Blend, Part, blended
from index.catalog import changes
from index.catalog.database import Connection, Database
from index.corrections import NONE, Corrections
from index.embedding import Embedding, Space, embeddings, gallery_routes, senses_of
from index.shared_table import SharedTable
from index.snapshots import WORTH, Snapshots
from index.stores import Stores
from index.tables import Table, VectorTable
from index.vectors.kinds import EXACT
from index.watching import UNWATCHED, Watch
from models.bundle.runtime import Bundle
from models.errors import Conflict, QueryInvalid, RouteMissing, Unavailable, VectorsUnavailable
from models.hubness import RouteBias
from models.types import F32, I64, Hits, Modality, Sense

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Generation:
    """One bundle with all its vectors; whoever searches holds one of these, so no answer mixes two bundles."""

    number: int
    gallery: int
    bundle: Bundle
    tables: Mapping[Space, Table]
    corrections: Corrections = NONE

    @cached_property
    def routes(self) -> tuple[str, ...]:
        """The routes that search this gallery, by name."""
        return gallery_routes(self.bundle.manifest)

    @property
    def biases(self) -> Mapping[str, RouteBias]:
        """What is taken off the scores of each route that is corrected."""
        return self.corrections.routes

    @property
    def position(self) -> int:
        """The last change of the catalog that is in all tables."""
        return min(table.position for table in self.tables.values())

    def follow(self, database: Database) -> bool:
        """Take in what the catalog has changed since; says whether it has."""
        return any([table.follow(database, self.gallery) for table in self.tables.values()])

    def follow_in(self, connection: Connection) -> bool:
        """As `follow`, in a writing transaction that has the gallery's lock."""
        return any([table.follow_in(connection, self.gallery) for table in self.tables.values()])

    def query_vectors(self, route: str, features: Mapping[Modality, F32]) -> F32:
        """[q, dim] of queries: features [q, width] of each modality that the route's query head reads.

        Raises RouteMissing, naming the routes there are; InvalidInput for features that do not fit.
        """
        return self.bundle.embed(self.bundle.manifest.routes[self._checked(route)].query, features)

    def reads(self, route: str) -> tuple[Sense, ...]:
        """What a route that is asked with clips reads of them; nothing where it is asked with words."""
        manifest = self.bundle.manifest
        return senses_of(manifest, manifest.routes[self._checked(route)].query)

    def table(self, route: str) -> Table:
        """What a route searches; raises RouteMissing."""
        manifest = self.bundle.manifest
        return self.tables[manifest.space(manifest.routes[self._checked(route)])]

    def search(self, route: str, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """The nearest windows to query vectors [q, dim]; raises RouteMissing, InvalidInput."""
        return self.table(route).search(route, queries, k, allowed=allowed)

    def search_blend(self, blend: Blend, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """The nearest windows to vectors [q, dim] that are sums of queries; see `blend`."""
        table = self.table(blend.route)
        deep = k if table.kind in EXACT else max(k, DEEP)
        found = table.search_blend(blend, queries, deep, allowed=allowed)
        return Hits(found.ids[:, :k], found.scores[:, :k])

    def blend(self, parts: Sequence[Part]) -> tuple[F32, Blend]:
        """The vector [1, dim] that several weighted queries are together, and how.

        Raises QueryInvalid where their routes lead to different spaces, or for weights that the metric cannot have.
        """
        spaces = {each.route: self.table(each.route).embedding for each in parts}
        if len({each.space for each in spaces.values()}) > 1:
            found = ", ".join(f"{route!r} (the head {each.head!r})" for route, each in sorted(spaces.items()))
            raise QueryInvalid(f"the queries of one search are compared in one space, found routes to several: {found}")
        return blended(parts, spaces[parts[0].route].metric)

    def verify(self, connection: Connection) -> None:
        """Refuse tables that do not hold exactly what the catalog has; raises Conflict."""
        for table in self.tables.values():
            wanted = table.embedding.windows(connection, self.gallery)
            if not np.array_equal(table.ids(), wanted):
                found = f"{len(table)} vectors for {len(wanted)} windows"
                raise Conflict(f"generation {self.number} has {found} in the table of {table.embedding.head!r}")

    def _checked(self, route: str) -> str:
        if route not in self.routes:
            raise RouteMissing(
                f"the bundle {self.bundle.name!r} has no route {route!r}; it has {', '.join(self.routes)}"
            )
        return route


def opened(
    stores: Stores,
    gallery: int,
    number: int,
    bundle: Bundle,
    *,
    corrections: Corrections = NONE,
    watch: Watch = UNWATCHED,
) -> Generation:
    """A generation whose tables come from their snapshots and the changes since, or else from stored features."""
    found = Generation(number, gallery, bundle, {}, corrections)
    tables = {space: _table(stores, found, each, watch) for space, each in embeddings(bundle).items()}
    found = replace(found, tables=tables)
    with suppress(VectorsUnavailable):  # which was logged: the gallery is there, and whoever searches it is told
        found.follow(stores.database)
    return found


def rebuilt(stores: Stores, generation: Generation, watch: Watch = UNWATCHED) -> Generation:
    """The same generation with tables made anew and written: what came since they were built gets its place in them.

    A table in Milvus stays, and is compared with the catalog: Milvus builds anew by itself.
    """
    tables = {space: _anew(stores, generation, table, watch) for space, table in generation.tables.items()}
    return replace(generation, tables=tables)


def keep(stores: Stores, generation: Generation) -> None:
    """Write the tables that have changed much since they were written."""
    for table in generation.tables.values():
        if isinstance(table, VectorTable) and table.unwritten >= WORTH:
            Snapshots(stores.vectors).write(generation.gallery, generation.number, table)


def _table(stores: Stores, of: Generation, embedding: Embedding, watch: Watch) -> Table:
    """In Milvus, or in this process: as it was settled when the generation was begun."""
    where, milvus = (of.gallery, of.number), stores.options.milvus
    shared = placement.opened(stores.database, embedding, generation=where, milvus=milvus, watch=watch)
    return _own(stores, of, embedding, watch) if shared is None else shared


def _anew(stores: Stores, of: Generation, table: Table, watch: Watch) -> Table:
    if isinstance(table, SharedTable):
        table.mend(watch)
        return table
    return _built(stores, of, table.embedding, watch)


def _own(stores: Stores, of: Generation, embedding: Embedding, watch: Watch) -> VectorTable:
    """As its snapshot has it, or made anew; where the options want a GPU, only an exact one will do."""
    known = Snapshots(stores.vectors).read(of.gallery, of.number, embedding, of.corrections)
    if known is not None and (stores.options.device == "cpu" or known.kind in EXACT):
        with stores.database.reading() as connection:
            if changes.leads_through(connection, of.gallery, known.point):
                return known.on(stores.options.device)
        log.warning("a snapshot is of another history, as after a backup was restored; its vectors are made anew")
    return _built(stores, of, embedding, watch)


def _built(stores: Stores, of: Generation, embedding: Embedding, watch: Watch) -> VectorTable:
    with stores.database.reading() as connection:
        table = VectorTable.built(
            embedding, connection, of.gallery, options=stores.options, corrections=of.corrections, watch=watch
        )
    if len(table) >= WORTH:
        watch.stage(f"writing {len(table)} vectors")
        table = _mapped(stores, of, table)
    return table.on(stores.options.device)


def _mapped(stores: Stores, of: Generation, table: VectorTable) -> VectorTable:
    """The same table, written and mapped, or as it is where there is no room to write it."""
    snapshots = Snapshots(stores.vectors)
    try:
        snapshots.write(of.gallery, of.number, table)
    except Unavailable as error:
        log.warning("%s; they are kept in memory only, and the next start makes them anew", error)
        return table
    return snapshots.read(of.gallery, of.number, table.embedding, of.corrections) or table
