"""What the galleries hold, in numbers, and how it is searched."""

from collections.abc import Iterator
from dataclasses import dataclass

from index.galleries import Galleries
from index.gallery import Gallery
from index.generations import Generation
from models.errors import SightsoundError

FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True)
class RouteHolding:
    """The vectors that a route searches, which routes to the same space share, and how; bytes as float32.

    `built_recall` is what was measured when they were indexed, None where nothing was.
    """

    route: str
    kind: str
    vectors: int
    size_bytes: int
    built_recall: float | None


@dataclass(frozen=True, slots=True)
class Holding:
    """A gallery in numbers; of a route whose vectors cannot be reached now there is nothing."""

    gallery: str
    bundle: str
    generation: int
    clips: int
    windows: int
    routes: tuple[RouteHolding, ...]


def holdings(galleries: Galleries) -> tuple[Holding, ...]:
    """Of all galleries that can be opened, in the order of their names; raises Unavailable."""
    return tuple(_all(galleries))


def _all(galleries: Galleries) -> Iterator[Holding]:
    for name in sorted(galleries.names()):
        try:
            yield _holding(galleries.get(name))
        except SightsoundError:  # deleted by now, or its bundle is gone: others still are to be seen
            continue


def _holding(gallery: Gallery) -> Holding:
    generation = gallery.active
    clips, windows = gallery.size()
    return Holding(
        gallery=gallery.name,
        bundle=generation.bundle.name,
        generation=generation.number,
        clips=clips,
        windows=windows,
        routes=tuple(_routes(generation)),
    )


def _routes(generation: Generation) -> Iterator[RouteHolding]:
    for route in generation.routes:
        table = generation.table(route)
        try:
            vectors = len(table)
        except SightsoundError:
            continue
        size_bytes = FLOAT_BYTES * vectors * table.embedding.dim
        built_recall = None if table.report is None else table.report.recall
        yield RouteHolding(route, table.kind, vectors=vectors, size_bytes=size_bytes, built_recall=built_recall)
