"""From a query to the hits of a gallery."""

from collections.abc import Mapping
from pathlib import Path

from index.gallery import Gallery
from models.bundle.manifest import Channel
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
    watch = Stopwatch()
    chosen = resources.galleries.get(gallery)
    feature = resources.encoders.text(chosen.active.bundle.manifest).encode([text])
    return _search(chosen, f"text->{to}", {"text": feature}, k=k, watch=watch)


def by_clip(
    resources: Resources, gallery: str, *, clip: Path, source: Channel, to: Channel | None, k: int
) -> SearchAnswer:
    """The windows nearest to what a clip has of `source`.

    Raises:
        GalleryNotFound, RouteMissing, MediaInvalid, SenseMissing, TooLarge, DecodeOverrun.
    """
    watch = Stopwatch()
    chosen = resources.galleries.get(gallery)
    route = f"{source}->{to or OTHER[source]}"
    _expect(chosen, route)  # a route that is not there need not wait for decoding
    features = of_query(resources.encoders.extractor(chosen.active.bundle.manifest).extract(clip), source)
    return _search(chosen, route, {sense: rows for sense, rows in features.items()}, k=k, watch=watch)


def _expect(gallery: Gallery, route: str) -> None:
    if route not in gallery.active.routes:
        raise RouteMissing(f"{gallery.name!r} has no route {route!r}; it has {', '.join(gallery.active.routes)}")


def _search(
    gallery: Gallery, route: str, features: Mapping[Modality, F32], *, k: int, watch: Stopwatch
) -> SearchAnswer:
    found = gallery.search(route, features, k=k)
    return SearchAnswer(
        gallery=gallery.name,
        route=route,
        bundle=gallery.active.bundle.name,
        hits=tuple(hit(gallery.name, each) for each in found),
        took_ms=watch.elapsed_ms(),
    )
