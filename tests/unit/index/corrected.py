"""What a gallery with corrected routes must answer: the definition, every bias computed anew for each search."""

from collections.abc import Mapping

import numpy as np
import pytest

from index.clips import StoredFeatures
from index.gallery import Gallery
from models.bundle.words import key
from models.hubness import RouteBias, biases, corrected, is_sampled, seen_biases
from models.scoring import scores
from models.types import F32, Modality, Sense
from tests.unit.index.world import query

STRONG = RouteBias(alpha=0.75, neighbours=3)
MIXED: Mapping[str, RouteBias] = {
    "audio->video": STRONG,
    "text->video": RouteBias(alpha=0.5, neighbours=2, seen=0.4),
    "text->av": RouteBias(alpha=1.0, neighbours=2, seen=0.25),
}
"""Two of one table by distance, one of another by inner product; two banks of words, one of clips."""
ASKED: Mapping[str, Modality] = {
    "audio->video": "audio",
    "text->video": "text",
    "text->av": "text",
    "video->audio": "video",
    "text->audio": "text",
}
READ: Mapping[str, tuple[Sense, ...]] = {"audio": ("audio",), "video": ("video",), "av": ("audio", "video")}


def check(gallery: Gallery, *routes: str) -> None:
    """The gallery answers by the definition, each of these routes or all of them."""
    for route in routes or ASKED:
        asked = query(7, ASKED[route])[ASKED[route]][None]
        hits = gallery.search(route, {ASKED[route]: asked}, k=1000)
        wanted = expected(gallery, route, asked)
        assert {hit.window_id: hit.score for hit in hits} == pytest.approx(wanted, abs=2e-3), route
        found = [hit.score for hit in hits]
        assert found == sorted(found, reverse=True)


def expected(gallery: Gallery, route: str, asked: F32) -> dict[int, float]:
    """The score of every window by the definition, from what is stored."""
    generation = gallery.active
    bundle, bias = generation.bundle, generation.biases.get(route, RouteBias())
    spec = bundle.manifest.routes[route]
    there = gallery.features(*READ[spec.gallery])
    items = bundle.embed(spec.gallery, {each: _rows(there, each) for each in READ[spec.gallery]})
    words = {key(each.name) for each in bundle.manifest.seen_classes}
    seen = np.array([bool(each) and key(each[0]) in words for each in there.labels], np.bool_)
    taken = biases(items, _bank(gallery, route), spec.metric, bias.normalisation) + seen_biases(seen, bias.seen)
    found = corrected(scores(bundle.embed(spec.query, {ASKED[route]: asked}), items, spec.metric), taken, spec.metric)
    return dict(zip(there.windows.tolist(), found[0].tolist(), strict=True))


def _bank(gallery: Gallery, route: str) -> F32:
    bundle, modality = gallery.active.bundle, ASKED[route]
    if modality == "text":
        words = np.array([each.feature for each in bundle.manifest.seen_classes], np.float32)
        return bundle.embed(bundle.manifest.routes[route].query, {"text": words.reshape(-1, bundle.width("text"))})
    there = gallery.features(modality)
    asking = is_sampled(there.windows, gallery.active.corrections.shift)
    return bundle.embed(modality, {modality: _rows(there, modality)[asking]})


def _rows(there: StoredFeatures, sense: Sense) -> F32:
    return there.features.get(sense, np.empty((0, 8), np.float32))
