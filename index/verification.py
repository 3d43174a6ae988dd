"""Whether a new generation finds as well as the one it replaces, on the gallery's own labelled clips."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from index.catalog import features as stored
from index.catalog.database import Connection
from index.catalog.places import by_window
from index.embedding import backbones_of, spread
from index.generations import Generation
from models.bundle.manifest import Manifest
from models.bundle.words import key
from models.errors import GenerationWorse
from models.evaluation.evaluating import Labels, precision
from models.evaluation.scorer import Scorer
from models.types import F32, I64, Modality, Sense

SAMPLED = 2000
"""Windows at most: to rank them all takes a second."""
ENOUGH = 100
"""Windows from which on a fall says something of the bundle: fewer are compared, and never refused."""
TOLERANCE = 0.02
"""How much mean average precision may fall."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Mean average precision by route of the generation there is and of the one to come, on the same windows.

    By class, then over classes; every window is left out of its own ranking. Compared are the routes that both have:
    from words, only with classes that both were trained with.
    """

    windows: int
    before: Mapping[str, float]
    after: Mapping[str, float]

    def check(self, tolerance: float) -> None:
        """Refuse a fall of any route by more than the tolerance, if there is enough to tell; raises GenerationWorse."""
        if self.windows < ENOUGH:
            return
        for route, before in self.before.items():
            if before - self.after[route] > tolerance:
                raise GenerationWorse(
                    f"mean average precision of {route} would fall from {before:.3f} to {self.after[route]:.3f} on "
                    f"{self.windows} windows, expected a fall of {tolerance:g} at most"
                )


@dataclass(frozen=True, slots=True)
class _Sample:
    """Windows [n] that have all senses that both bundles read, with the class [n] of each, an index of `classes`."""

    windows: I64
    labels: I64
    classes: tuple[str, ...]

    def of(self, classes: set[str]) -> "_Sample":
        """The windows of these classes only."""
        kept = tuple(each for each in self.classes if key(each) in classes)
        chosen = np.isin(self.labels, [self.classes.index(each) for each in kept])
        names = [self.classes[label] for label in self.labels[chosen]]
        return _Sample(self.windows[chosen], np.array([kept.index(each) for each in names], np.int64), kept)


def compare(connection: Connection, before: Generation, after: Generation) -> Comparison:
    """Both on at most SAMPLED labelled windows of the gallery."""
    both = before.bundle.manifest, after.bundle.manifest
    sample = _sample(connection, before.gallery, both)
    routes = [each for each in before.routes if each in after.routes]
    found = [_figures(connection, each, sample, routes, _seen_by_all(both)) for each in (before, after)]
    return Comparison(len(sample.windows), *found)


def _figures(
    connection: Connection, generation: Generation, sample: _Sample, routes: list[str], seen: set[str]
) -> dict[str, float]:
    from_clips = [each for each in routes if not each.startswith("text->")]
    from_words = [each for each in routes if each.startswith("text->")]
    parts = (sample, from_clips), (sample.of(seen), from_words)
    return {route: figure for part, names in parts for route, figure in _of(connection, generation, part, names)}


def _of(connection: Connection, generation: Generation, sample: _Sample, routes: list[str]) -> list[tuple[str, float]]:
    if not sample.classes:
        return []
    manifest = generation.bundle.manifest
    features: dict[Modality, F32] = {}
    for sense, rows in _features(connection, sample.windows, manifest).items():
        features[sense] = rows
    words = {key(each.name): each.feature for each in manifest.seen_classes}
    features["text"] = np.array([words.get(key(each), ()) for each in sample.classes if key(each) in words], np.float32)

    def embed(head: str) -> F32:
        return generation.bundle.embed(head, {each: features[each] for each in manifest.heads[head].inputs})

    scorer = Scorer(embed, manifest.routes, {})
    labels = Labels(sample.labels, seen=np.ones(len(sample.classes), np.bool_))
    found = {route: precision(scorer, route, labels, leave_one_out=True).by_class for route in routes}
    return [(route, float(np.nanmean(each))) for route, each in found.items() if np.isfinite(each).any()]


def _features(connection: Connection, windows: I64, manifest: Manifest) -> dict[Sense, F32]:
    batches = [each for _, each in stored.batches(connection, windows, _all_backbones(manifest))]
    return {sense: np.concatenate([each[sense] for each in batches]) for sense in manifest.backbones}


def _sample(connection: Connection, gallery: int, manifests: tuple[Manifest, Manifest]) -> _Sample:
    first, second = (stored.having(connection, gallery, _all_backbones(each)) for each in manifests)
    windows = spread(np.intersect1d(first, second, assume_unique=True), SAMPLED)
    places = by_window(connection, gallery, windows.tolist())
    words = {each: place.labels[0] for each, place in places.items() if place.labels}
    classes = tuple(sorted(set(words.values())))
    kept = np.array([each for each in windows.tolist() if each in words], np.int64)
    return _Sample(kept, np.array([classes.index(words[each]) for each in kept.tolist()], np.int64), classes)


def _seen_by_all(manifests: tuple[Manifest, Manifest]) -> set[str]:
    first, second = ({key(each.name) for each in manifest.seen_classes} for manifest in manifests)
    return first & second


def _all_backbones(manifest: Manifest) -> dict[Sense, str]:
    return backbones_of(manifest, tuple(manifest.backbones))
