"""From a query to the hits of a gallery."""

from collections.abc import Mapping
from pathlib import Path

from index.gallery import Gallery
from index.generations import Generation
from models.bundle.manifest import Channel
from models.bundle.words import understood
from models.errors import RouteMissing
from models.types import F32, Modality
from service.features import of_query
from service.resources import Resources
from service.schemas import SearchAnswer
from service.summaries import hit
from service.timing import Stopwatch

OTHER: dict[Channel, Channel] = {"audio": "video", "video": "audio", "av": "av"}


def by_words(resources: Resources, gallery: str, *, text: str, to: Channel, k: int) -> SearchAnswer:
    """The windows nearest to some words; raises GalleryNotFound, RouteMissing, QueryInvalid."""
    search = _Search(resources, gallery, f"text->{to}")
    manifest = search.active.bundle.manifest
    feature = resources.encoders.text(manifest).encode(understood(manifest, [text]))
    return search.answer({"text": feature}, k=k)


def by_clip(
    resources: Resources, gallery: str, *, clip: Path, source: Channel, to: Channel | None, k: int
) -> SearchAnswer:
    """The windows nearest to what a clip has of `source`.

    Raises:
        GalleryNotFound, RouteMissing, MediaInvalid, SenseMissing, TooLarge, DecodeOverrun.
    """
    search = _Search(resources, gallery, f"{source}->{to or OTHER[source]}")
    found = resources.encoders.extractor(search.active.bundle.manifest).extract(clip)
    return search.answer({sense: rows for sense, rows in of_query(found, source).items()}, k=k)


class _Search:
    """One search, by the one generation that was active when it began: no answer mixes two bundles.

    A route that the gallery lacks is refused at once, before anything is decoded for it.
    """

    def __init__(self, resources: Resources, gallery: str, route: str) -> None:
        self._watch = Stopwatch()
        self._gallery: Gallery = resources.galleries.get(gallery)
        self._route = route
        self.active: Generation = self._gallery.active
        if route not in self.active.routes:
            raise RouteMissing(f"{gallery!r} has no route {route!r}; it has {', '.join(self.active.routes)}")

    def answer(self, features: Mapping[Modality, F32], *, k: int) -> SearchAnswer:
        found = self._gallery.search(self._route, features, k=k, generation=self.active)
        return SearchAnswer(
            gallery=self._gallery.name,
            route=self._route,
            bundle=self.active.bundle.name,
            hits=tuple(hit(self._gallery.name, each) for each in found),
            took_ms=self._watch.elapsed_ms(),
        )
