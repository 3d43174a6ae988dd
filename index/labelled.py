"""The labelled windows of a gallery that bundles are judged by, and how one scores them."""

from dataclasses import dataclass

import numpy as np

from index.catalog import features as stored
from index.catalog.database import Connection
from index.catalog.places import by_window
from index.embedding import backbones_of, spread
from models.bundle.manifest import Manifest
from models.bundle.runtime import Bundle
from models.bundle.words import key
from models.evaluation.evaluating import Labels
from models.evaluation.scorer import Scorer
from models.types import F32, I64, Bool, Modality, Sense

SAMPLED = 2000
"""Windows at most: to rank them all takes a second."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Windows [n] that have all senses that are asked for, with the class [n] of each, an index of `classes`.

    `clips` [n] tells those of one clip, by a number of its own.
    """

    windows: I64
    clips: I64
    labels: I64
    classes: tuple[str, ...]

    def of(self, classes: set[str]) -> "Labelled":
        """The windows of these classes only."""
        kept = tuple(each for each in self.classes if key(each) in classes)
        chosen = np.isin(self.labels, [self.classes.index(each) for each in kept])
        names = [self.classes[label] for label in self.labels[chosen]]
        labels = np.array([kept.index(each) for each in names], np.int64)
        return Labelled(self.windows[chosen], self.clips[chosen], labels, kept)

    def halves(self) -> "tuple[Labelled, Labelled]":
        """Every other clip of each class with its windows, and the rest."""
        _, ranks = np.unique(self.labels * (len(self.clips) + 1) + self.clips, return_inverse=True)
        return self._of_rows(ranks % 2 == 0), self._of_rows(ranks % 2 == 1)

    def _of_rows(self, chosen: Bool) -> "Labelled":
        return Labelled(self.windows[chosen], self.clips[chosen], self.labels[chosen], self.classes)

    @property
    def all_seen(self) -> Labels:
        """The labels, no class being told from another."""
        return Labels(self.labels, seen=np.ones(len(self.classes), np.bool_))


def labelled(connection: Connection, gallery: int, *manifests: Manifest) -> Labelled:
    """At most SAMPLED windows that all these bundles can read, each of the class of its clip's first label."""
    first, *others = (stored.having(connection, gallery, _all_backbones(each)) for each in manifests)
    for other in others:
        first = np.intersect1d(first, other, assume_unique=True)
    windows = spread(first, SAMPLED)
    places = by_window(connection, gallery, windows.tolist())
    words = {each: place.labels[0] for each, place in places.items() if place.labels}
    classes = tuple(sorted(set(words.values())))
    kept = [each for each in windows.tolist() if each in words]
    of_clips = {clip_id: number for number, clip_id in enumerate(dict.fromkeys(places[each].clip_id for each in kept))}
    clips = np.array([of_clips[places[each].clip_id] for each in kept], np.int64)
    labels = np.array([classes.index(words[each]) for each in kept], np.int64)
    return Labelled(np.array(kept, np.int64), clips, labels, classes)


def seen_classes(manifest: Manifest) -> set[str]:
    """By their keys."""
    return {key(each.name) for each in manifest.seen_classes}


def scorer(connection: Connection, bundle: Bundle, sample: Labelled) -> Scorer:
    """Of the windows of a sample, and of the words of those of its classes that the bundle was trained with."""
    manifest = bundle.manifest
    features: dict[Modality, F32] = {}
    for sense, rows in _features(connection, sample.windows, manifest).items():
        features[sense] = rows
    words = {key(each.name): each.feature for each in manifest.seen_classes}
    features["text"] = np.array([words.get(key(each), ()) for each in sample.classes if key(each) in words], np.float32)

    def embed(head: str) -> F32:
        return bundle.embed(head, {each: features[each] for each in manifest.heads[head].inputs})

    return Scorer(embed, manifest.routes, {})


def _features(connection: Connection, windows: I64, manifest: Manifest) -> dict[Sense, F32]:
    batches = [each for _, each in stored.batches(connection, windows, _all_backbones(manifest))]
    return {sense: np.concatenate([each[sense] for each in batches]) for sense in manifest.backbones}


def _all_backbones(manifest: Manifest) -> dict[Sense, str]:
    return backbones_of(manifest, tuple(manifest.backbones))
