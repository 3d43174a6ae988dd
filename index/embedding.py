"""From stored features to the vectors of one space."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from index.catalog import features as stored
from index.catalog.database import Connection
from models.bundle.manifest import Manifest, RouteSpec
from models.bundle.runtime import Bundle
from models.types import F32, I64, Metric, Sense

Space = str
Watch = Callable[[int], None]
"""Told how many more windows have been embedded."""

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

    def all_vectors(self, connection: Connection, windows: I64, watch: Watch = lambda count: None) -> F32:
        """[n, dim] of these windows; nothing is held beside them but one batch of features."""
        found = np.empty((len(windows), self.dim), np.float32)
        start = 0
        for ids, vectors in self.vectors(connection, windows):
            found[start : start + len(ids)] = vectors
            start += len(ids)
            watch(len(ids))
        return found

    def queries(self, connection: Connection, gallery: int) -> F32:
        """[n, dim] at most SAMPLED queries of the routes into this space, as many of each: clips and seen classes."""
        routes = [each for each in self.bundle.manifest.routes.values() if self._serves(each)]
        parts = [self._of_route(connection, gallery, each)[: SAMPLED // len(routes)] for each in routes]
        return np.concatenate([np.empty((0, self.dim), np.float32), *parts])

    def _serves(self, route: RouteSpec) -> bool:
        return self.bundle.manifest.space(route) == self.space

    def _of_route(self, connection: Connection, gallery: int, route: RouteSpec) -> F32:
        manifest = self.bundle.manifest
        inputs = manifest.heads[route.query].inputs
        if "text" in inputs:
            text = np.array([each.feature for each in manifest.seen_classes], np.float32)
            return self.bundle.embed(route.query, {"text": text.reshape(len(text), self.bundle.width("text"))})
        asking = Embedding(self.bundle, self.space, route.query, senses_of(manifest, route.query), route.metric)
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
