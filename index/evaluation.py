"""How well a bundle classifies and retrieves what a gallery holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.clips import StoredFeatures
from models.bundle.classification import Classifier, class_scores
from models.bundle.manifest import Channel
from models.evaluation.gzsl import Accuracies, accuracies
from models.evaluation.metrics import SeenUnseen, class_means, split
from models.evaluation.ranking import by_label, chance_by_label
from models.types import F32, F64, I64, Modality, Sense

CHANNELS: tuple[Channel, ...] = ("audio", "video", "av")


@dataclass(frozen=True, slots=True)
class Precision:
    """Class-averaged mean average precision in [0, 1], and what a random ranking is expected to have."""

    found: SeenUnseen
    chance: SeenUnseen


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A bundle on a gallery: classification by channel, retrieval by route.

    Retrieval from words: one query a class. From clips: every clip is a query and is itself left out of the
    ranking, average precision is averaged by class, then over classes (the protocol of CJME).
    """

    clips: int
    classification: Mapping[Channel, Accuracies]
    retrieval: Mapping[str, Precision]


def evaluate(classifier: Classifier, stored: StoredFeatures, classes: Sequence[str]) -> Evaluation:
    """Evaluate a classifier's bundle on the first window of each clip: others of one clip would find each other.

    Args:
        stored: windows that have both senses; each one's first label is its class.
        classes: all that compete, seen and unseen.
    """
    stored = _one_a_clip(stored)
    table = _Table(classifier, stored, classes)
    routes = [name for name in classifier.bundle.manifest.routes if name.split("->")[1] != "text"]
    return Evaluation(
        clips=len(stored.clip_ids),
        classification={channel: table.accuracies(channel) for channel in CHANNELS},
        retrieval={name: table.precision(name) for name in routes},
    )


def _one_a_clip(stored: StoredFeatures) -> StoredFeatures:
    first = dict(zip(reversed(stored.clip_ids), reversed(range(len(stored.clip_ids))), strict=True))
    rows = sorted(first.values())
    return StoredFeatures(
        clip_ids=tuple(stored.clip_ids[row] for row in rows),
        labels=tuple(stored.labels[row] for row in rows),
        features={sense: each[rows] for sense, each in stored.features.items()},
    )


class _Table:
    """The features, labels and class texts that every figure is computed from."""

    def __init__(self, classifier: Classifier, stored: StoredFeatures, classes: Sequence[str]) -> None:
        self._bundle = classifier.bundle
        self._clips = stored.features
        self._texts = classifier.text_features(classes)
        self._seen = classifier.seen(classes)
        self._labels: I64 = np.array([classes.index(labels[0]) for labels in stored.labels], np.int64)

    def accuracies(self, channel: Channel) -> Accuracies:
        """Accuracies with the bundle's own beta."""
        scores = class_scores(self._bundle, self._of_channel(channel), self._texts, channel)
        return accuracies(scores, self._labels, self._seen, self._bundle.manifest.betas[channel])

    def precision(self, name: str) -> Precision:
        """The mAP of a route, and that of chance."""
        route, from_words = self._bundle.manifest.route(name), name.startswith("text->")
        labels: I64 = np.arange(len(self._texts)) if from_words else self._labels
        own: I64 | None = None if from_words else np.arange(len(labels))
        found = by_label(
            self._embedded(route.query),
            self._embedded(route.gallery),
            query_labels=labels,
            gallery_labels=self._labels,
            metric=route.metric,
            own=own,
        )
        chance = chance_by_label(query_labels=labels, gallery_labels=self._labels, own=own)
        return Precision(self._by_class(found, labels), self._by_class(chance, labels))

    def _by_class(self, values: F64, labels: I64) -> SeenUnseen:
        return split(class_means(values, labels, len(self._seen)), self._seen)

    def _of_channel(self, channel: Channel) -> dict[Sense, F32]:
        return {sense: rows for sense, rows in self._clips.items() if channel in (sense, "av")}

    def _embedded(self, head: str) -> F32:
        inputs = self._bundle.manifest.heads[head].inputs
        return self._bundle.embed(head, {each: self._features(each) for each in inputs})

    def _features(self, modality: Modality) -> F32:
        return self._texts if modality == "text" else self._clips[modality]
