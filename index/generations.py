"""A gallery embedded by one bundle: the bundle and a vector table for each of its gallery heads."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from index.catalog import features as stored
from index.catalog.database import Database
from index.vectors.base import VectorIndex
from index.vectors.opening import open_index
from models.bundle.manifest import Manifest, RouteSpec
from models.bundle.runtime import Bundle
from models.errors import Conflict, InvalidInput, RouteMissing
from models.types import F32, I64, Hits, Modality, Sense

Space = str


@dataclass(frozen=True, slots=True)
class VectorTable:
    """The vectors of one space; a window is in it when it has all the senses that the head reads."""

    head: str
    senses: tuple[Sense, ...]
    index: VectorIndex


@dataclass(frozen=True, slots=True)
class Generation:
    """One bundle with all its vectors; whoever searches holds one of these, so no answer mixes two bundles."""

    number: int
    bundle: Bundle
    tables: Mapping[Space, VectorTable]

    @property
    def routes(self) -> tuple[str, ...]:
        """The routes that search this gallery, by name."""
        return gallery_routes(self.bundle.manifest)

    def search(self, route: str, features: Mapping[Modality, F32], k: int) -> Hits:
        """The nearest windows to one query; features [width] of each modality that the route's query head reads.

        Raises RouteMissing, naming the routes there are; InvalidInput for features that do not fit.
        """
        if route not in self.routes:
            raise RouteMissing(
                f"the bundle {self.bundle.name!r} has no route {route!r}; it has {', '.join(self.routes)}"
            )
        spec = self.bundle.manifest.route(route)
        query = self.bundle.embed(spec.query, {name: np.atleast_2d(feature) for name, feature in features.items()})
        if len(query) != 1:
            raise InvalidInput(f"a search takes one query, found {len(query)}")
        return self.tables[self.bundle.manifest.space(spec)].index.search(query, k)

    def embed(self, features: Mapping[Sense, F32]) -> dict[Space, F32]:
        """The vectors [b, dim] of windows [b, width] in every space whose head reads only these senses."""
        return {
            space: self.bundle.embed(table.head, {sense: features[sense] for sense in table.senses})
            for space, table in self.tables.items()
            if set(table.senses) <= features.keys()
        }

    def add(self, ids: I64, vectors: Mapping[Space, F32]) -> None:
        """Add embedded windows to the tables of their spaces."""
        for space, rows in vectors.items():
            self.tables[space].index.add(ids, rows)

    def remove(self, ids: I64) -> None:
        """Forget windows."""
        for table in self.tables.values():
            table.index.remove(ids)


def empty(number: int, bundle: Bundle) -> Generation:
    """A generation with no vectors yet."""
    manifest = bundle.manifest
    routes = [manifest.routes[name] for name in gallery_routes(manifest)]
    return Generation(number, bundle, {manifest.space(route): _table(manifest, route) for route in routes})


def catch_up(generation: Generation, database: Database, gallery: int) -> None:
    """Make every table hold exactly the windows that the catalog says: forget those gone, embed those missing."""
    for table in generation.tables.values():
        backbones = backbones_of(generation.bundle.manifest, table.senses)
        with database.reading() as connection:
            wanted, there = stored.having(connection, gallery, backbones), table.index.ids()
            table.index.remove(np.setdiff1d(there, wanted))
            for ids, features in stored.batches(connection, np.setdiff1d(wanted, there), backbones):
                table.index.add(ids, generation.bundle.embed(table.head, {s: features[s] for s in table.senses}))


def verify(generation: Generation, database: Database, gallery: int) -> None:
    """Refuse a generation whose tables do not hold exactly what the catalog has."""
    for table in generation.tables.values():
        with database.reading() as connection:
            wanted = stored.having(connection, gallery, backbones_of(generation.bundle.manifest, table.senses))
        if not np.array_equal(table.index.ids(), wanted):
            found = f"{len(table.index)} vectors for {len(wanted)} windows"
            raise Conflict(f"generation {generation.number} has {found} in the table of {table.head!r}")


def backbones_of(manifest: Manifest, senses: tuple[Sense, ...]) -> dict[Sense, str]:
    """The sha256 of the backbone that the bundle expects for each of these senses."""
    return {sense: manifest.backbones[sense].sha256 for sense in senses}


def gallery_routes(manifest: Manifest) -> tuple[str, ...]:
    """The routes to clips: those whose gallery head reads no text."""
    return tuple(name for name, route in manifest.routes.items() if "text" not in manifest.heads[route.gallery].inputs)


def _table(manifest: Manifest, route: RouteSpec) -> VectorTable:
    head = manifest.heads[route.gallery]
    senses: list[Sense] = [each for each in head.inputs if each != "text"]
    return VectorTable(route.gallery, tuple(senses), open_index(head.dim, route.metric))
