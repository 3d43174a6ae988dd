"""From stored features to the vectors of one space."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from index.catalog import features as stored
from index.catalog.database import Connection
from index.watching import UNWATCHED, Watch
from models.bundle.manifest import Manifest, RouteSpec
from models.bundle.runtime import Bundle
from models.types import F32, I64, Metric, Sense

Space = str

SAMPLED = 1000
"""Queries by which an index's recall is measured."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """How windows become vectors of one space; a window has one when it has all the senses that the head reads."""

    bundle: Bundle
    space: Space
    head: str
    senses: tuple[Sense, ...]
    metric: Metric

    @property
    def dim(self) -> int:
        """The width of the vectors."""
        return self.bundle.manifest.heads[self.head].dim

    @property
    def backbones(self) -> dict[Sense, str]:
        """The sha256 of the backbone that the bundle expects for each sense that is read."""
        return backbones_of(self.bundle.manifest, self.senses)

    def windows(self, connection: Connection, gallery: int, *, among: I64 | None = None) -> I64:
        """[n] the windows of a gallery that have a vector, ascending; of these alone if `among` is given."""
        return stored.having(connection, gallery, self.backbones, among=among)

    def vectors(self, connection: Connection, windows: I64) -> Iterator[tuple[I64, F32]]:
        """The vectors [b, dim] of these windows, some at a time, with the windows [b] they are of."""
        for ids, features in stored.batches(connection, windows, self.backbones):
            yield ids, self.bundle.embed(self.head, {sense: features[sense] for sense in self.senses})

    def all_vectors(self, connection: Connection, windows: I64, watch: Watch = UNWATCHED) -> F32:
        """[n, dim] of these windows; nothing is held beside them but one batch of features."""
        found = np.empty((len(windows), self.dim), np.float32)
        start = 0
        for ids, vectors in self.vectors(connection, windows):
            found[start : start + len(ids)] = vectors
            start += len(ids)
            watch.did(len(ids))
        return found

    @property
    def routes(self) -> tuple[str, ...]:
        """Those that search this space, by name."""
        manifest = self.bundle.manifest
        return tuple(name for name in gallery_routes(manifest) if manifest.space(manifest.routes[name]) == self.space)

    def queries(self, connection: Connection, gallery: int) -> dict[str, F32]:
        """By route: [n, dim] queries such as it is asked, clips or seen classes; of all routes at most SAMPLED."""
        most = SAMPLED // max(len(self.routes), 1)
        return {name: self._of_route(connection, gallery, name)[:most] for name in self.routes}

    def asking(self, route: str) -> "Embedding":
        """How windows become queries of a route to this space; of words, nothing is read."""
        manifest = self.bundle.manifest
        spec = manifest.routes[route]
        return Embedding(self.bundle, self.space, spec.query, senses_of(manifest, spec.query), spec.metric)

    def words(self, route: str) -> F32:
        """[n, dim] what a route that is asked with words makes of the seen classes."""
        manifest, width = self.bundle.manifest, self.bundle.width("text")
        text = np.array([each.feature for each in manifest.seen_classes], np.float32)
        return self.bundle.embed(manifest.routes[route].query, {"text": text.reshape(len(text), width)})

    def _of_route(self, connection: Connection, gallery: int, route: str) -> F32:
        asking = self.asking(route)
        if not asking.senses:
            return self.words(route)
        return asking.all_vectors(connection, spread(asking.windows(connection, gallery), SAMPLED))


def embeddings(bundle: Bundle) -> dict[Space, Embedding]:
    """One for every space that a route of the bundle searches clips in."""
    manifest = bundle.manifest
    routes = [manifest.routes[name] for name in gallery_routes(manifest)]
    return {manifest.space(route): _embedding(bundle, route) for route in routes}


def backbones_of(manifest: Manifest, senses: tuple[Sense, ...]) -> dict[Sense, str]:
    """The sha256 of the backbone that the bundle expects for each of these senses."""
    return {sense: manifest.backbones[sense].sha256 for sense in senses}


def gallery_routes(manifest: Manifest) -> tuple[str, ...]:
    """The routes to clips: those whose gallery head reads no text."""
    return tuple(name for name, route in manifest.routes.items() if "text" not in manifest.heads[route.gallery].inputs)


def senses_of(manifest: Manifest, head: str) -> tuple[Sense, ...]:
    """What a head reads of a clip."""
    return tuple(each for each in manifest.heads[head].inputs if each != "text")


def _embedding(bundle: Bundle, route: RouteSpec) -> Embedding:
    manifest = bundle.manifest
    return Embedding(bundle, manifest.space(route), route.gallery, senses_of(manifest, route.gallery), route.metric)


def spread(windows: I64, most: int) -> I64:
    """At most so many of these, evenly from first to last."""
    if len(windows) <= most:
        return windows
    return windows[np.linspace(0, len(windows) - 1, most).astype(np.int64)]
