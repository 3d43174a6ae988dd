"""From a query to the hits of a gallery."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

import index.clips as stored
from index.gallery import Gallery
from index.generations import Generation
from index.searching import Search
from models.bundle.manifest import Channel
from models.bundle.words import understood
from models.errors import QueryInvalid, RouteMissing
from models.types import F32, Modality
from service.features import of_query
from service.filtering import EVERYTHING, Narrowing
from service.resources import Resources
from service.schemas import BatchAnswer, Hit, SearchAnswer
from service.search_schemas import BatchRequest, QueryBody
from service.summaries import hit
from service.timing import Stopwatch

OTHER: dict[Channel, Channel] = {"audio": "video", "video": "audio", "av": "av"}


def by_words(
    resources: Resources, gallery: str, *, text: str, to: Channel, k: int, narrowed: Narrowing = EVERYTHING
) -> SearchAnswer:
    """The windows or clips nearest to some words; raises GalleryNotFound, RouteMissing, QueryInvalid."""
    search = _Search(resources, gallery, f"text->{to}")
    return search.answer({"text": search.encoded(text)}, k=k, narrowed=narrowed)


def by_clip(
    resources: Resources,
    gallery: str,
    *,
    clip: Path,
    source: Channel,
    to: Channel | None,
    k: int,
    narrowed: Narrowing = EVERYTHING,
) -> SearchAnswer:
    """The windows or clips nearest to what a clip has of `source`.

    Raises:
        GalleryNotFound, RouteMissing, MediaInvalid, SenseMissing, TooLarge, DecodeOverrun.
    """
    search = _Search(resources, gallery, f"{source}->{to or OTHER[source]}")
    found = resources.encoders.extractor(search.active.bundle.manifest).extract(clip)
    return search.answer({sense: rows for sense, rows in of_query(found, source).items()}, k=k, narrowed=narrowed)


def by_batch(resources: Resources, gallery: str, request: BatchRequest) -> BatchAnswer:
    """What is nearest to each of many queries.

    Raises:
        GalleryNotFound, RouteMissing, QueryInvalid, InvalidInput, WindowNotFound, SenseMissing.
    """
    narrowed = request.narrowing()
    asked = Search(request.route, request.k, narrowed.among, narrowed.by)
    return _Search(resources, gallery, request.route).answers(request.queries, asked)


class _Search:
    """One search, by the one generation that was active when it began: no answer mixes two bundles.

    A route that the gallery lacks is refused at once, before anything is decoded for it.
    """

    def __init__(self, resources: Resources, gallery: str, route: str) -> None:
        self._watch = Stopwatch()
        self._encoders = resources.encoders
        self._gallery: Gallery = resources.galleries.get(gallery)
        self._route = route
        self.active: Generation = self._gallery.active
        if route not in self.active.routes:
            raise RouteMissing(f"{gallery!r} has no route {route!r}; it has {', '.join(self.active.routes)}")

    def encoded(self, text: str) -> F32:
        """[1, width] the feature of words; raises QueryInvalid for words that the bundle does not know."""
        manifest = self.active.bundle.manifest
        return self._encoders.text(manifest).encode(understood(manifest, [text]))

    def answer(self, features: Mapping[Modality, F32], *, k: int, narrowed: Narrowing) -> SearchAnswer:
        found = self._gallery.search(
            self._route, features, k=k, among=narrowed.among, by=narrowed.by, generation=self.active
        )
        return SearchAnswer(
            gallery=self._gallery.name,
            route=self._route,
            bundle=self.active.bundle.name,
            hits=self._hits(found),
            took_ms=self._watch.elapsed_ms(),
        )

    def answers(self, queries: Sequence[QueryBody], asked: Search) -> BatchAnswer:
        found = self._by_vectors(queries, asked) | self._by_windows(queries, asked)
        return BatchAnswer(
            gallery=self._gallery.name,
            route=self._route,
            bundle=self.active.bundle.name,
            answers=tuple(self._hits(found[row]) for row in range(len(queries))),
            took_ms=self._watch.elapsed_ms(),
        )

    def _by_windows(self, queries: Sequence[QueryBody], asked: Search) -> dict[int, list[stored.Hit]]:
        return {
            row: self._gallery.search_window(each.window, asked, generation=self.active)
            for row, each in enumerate(queries)
            if each.window is not None
        }

    def _by_vectors(self, queries: Sequence[QueryBody], asked: Search) -> dict[int, list[stored.Hit]]:
        vectors = {row: self._vector(each) for row, each in enumerate(queries) if each.window is None}
        if not vectors:
            return {}
        together = np.concatenate(list(vectors.values()))
        found = self._gallery.search_vectors(together, asked, generation=self.active)
        return dict(zip(vectors, found, strict=True))

    def _vector(self, query: QueryBody) -> F32:
        """[1, dim] of the route's space."""
        if query.vector is not None:
            dim = self.active.table(self._route).embedding.dim
            if len(query.vector) != dim:
                raise QueryInvalid(f"a vector of {self._route!r} has {dim} numbers, found {len(query.vector)}")
            return np.array([query.vector], np.float32)
        self._check_modalities({"text"} if query.text is not None else query.features or {})
        if query.text is not None:
            return self.active.query_vectors(self._route, {"text": self.encoded(query.text)})
        rows = {each: np.array([row], np.float32) for each, row in (query.features or {}).items()}
        return self.active.query_vectors(self._route, rows)

    def _check_modalities(self, found: Collection[str]) -> None:
        manifest = self.active.bundle.manifest
        read = manifest.heads[manifest.routes[self._route].query].inputs
        if set(found) != set(read):
            raise QueryInvalid(
                f"the route {self._route!r} reads {', '.join(read)}, found features of {', '.join(sorted(found))}"
            )

    def _hits(self, found: Sequence[stored.Hit]) -> tuple[Hit, ...]:
        return tuple(hit(self._gallery.name, each) for each in found)
