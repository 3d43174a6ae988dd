"""Which of some named classes a clip shows, by its sound, its pictures or both; the words may never have been seen."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.bundle.manifest import Channel, Manifest
from models.bundle.runtime import Bundle
from models.bundle.senses import SENSES, said
from models.bundle.words import key, understood
from models.calibration import stack
from models.errors import QueryInvalid, RouteMissing, SenseMissing
from models.scoring import scores
from models.types import F32, Bool, Metric, Sense


class EncodesText(Protocol):
    """What turns words into text features [n, width]."""

    def encode(self, texts: Sequence[str]) -> F32: ...


@dataclass(frozen=True, slots=True)
class RankedClass:
    """A class with its calibrated score, whether training saw it, and the part each modality has in the score."""

    name: str
    score: float
    seen: bool
    parts: Mapping[Sense, float]


@dataclass(frozen=True, slots=True)
class Classification:
    """Classes, best first, for a clip looked at through `channel`.

    `beta` was taken off the scores of seen classes. `decided_by` is the modality with the larger part in the winner's
    margin over the runner-up; None where there is no runner-up or the bundle cannot tell the modalities apart.
    """

    channel: Channel
    beta: float
    ranked: tuple[RankedClass, ...]
    decided_by: Sense | None


class Classifier:
    """Zero-shot classification with a bundle, over all the words that it understands."""

    def __init__(self, bundle: Bundle, encoder: EncodesText) -> None:
        self.bundle = bundle
        self._encoder = encoder
        self._seen = {key(each.name): each.feature for each in bundle.manifest.seen_classes}

    def classify(
        self, features: Mapping[Sense, F32], *, classes: Sequence[str], beta: float | None = None
    ) -> Classification:
        """The classes ranked for one clip, looked at through the widest channel that it and the bundle have.

        Args:
            features: [width] of each sense the clip has.
            classes: any words, or names of the vocabulary where the bundle understands no others; class names that
                training saw are recognised whatever their case.
            beta: what to take off the scores of seen classes: None takes the bundle's own, 0 nothing.

        Raises:
            QueryInvalid: no class, an empty one, one that is there twice, or one that the bundle does not know.
            SenseMissing: neither sound nor pictures, or none that the bundle can classify by.
            RouteMissing: the bundle cannot classify.
        """
        channel = channel_of(self.bundle.manifest, features)
        names = understood(self.bundle.manifest, class_names(classes))
        rows = {sense: features[sense][None] for sense in SENSES[channel]}
        beta = self._beta(channel, beta)
        text, seen = self.text_features(names), self.seen(names)
        found = stack(class_scores(self.bundle, rows, text, channel), seen, beta)[0]
        parts = _parts(self.bundle, rows, text, channel)
        order = np.argsort(-found, kind="stable")
        ranked = [
            RankedClass(names[i], float(found[i]), bool(seen[i]), {sense: float(parts[sense][i]) for sense in parts})
            for i in order
        ]
        return Classification(channel, beta, tuple(ranked), _decider(ranked))

    def _beta(self, channel: Channel, asked: float | None) -> float:
        if asked is None:
            return self.bundle.manifest.betas.get(channel, 0.0)
        if not math.isfinite(asked):
            raise QueryInvalid(f"beta must be a finite number, found {asked}")
        return asked

    def seen(self, names: Sequence[str]) -> Bool:
        """[c] whether training saw the class, its case and outer spaces apart."""
        return np.array([key(name) in self._seen for name in names], dtype=np.bool_)

    def text_features(self, names: Sequence[str]) -> F32:
        """[c, width]: of a seen class the feature it was trained with, of other words what the encoder says."""
        unseen = [name for name in names if key(name) not in self._seen]
        encoded = dict(zip(unseen, self._encoder.encode(unseen), strict=True)) if unseen else {}
        rows = [encoded[name] if name in encoded else self._seen[key(name)] for name in names]
        return np.array(rows, np.float32)


def class_scores(bundle: Bundle, features: Mapping[Sense, F32], text_features: F32, channel: Channel) -> F32:
    """The score [n, c] of every class for every clip, not calibrated.

    Args:
        features: [n, width] of each sense that the channel looks at.
        text_features: [c, width].
    """
    route = bundle.manifest.route(f"{channel}->text")
    queries = bundle.embed(route.query, {sense: rows for sense, rows in features.items()})
    return scores(queries, bundle.embed(route.gallery, {"text": text_features}), route.metric)


def class_names(classes: Sequence[str]) -> list[str]:
    """The class names without outer spaces; raises QueryInvalid for none, an empty one or one there twice."""
    names = [" ".join(name.split()) for name in classes]
    if not names:
        raise QueryInvalid("found no class to choose from, expected at least one")
    if not all(names):
        raise QueryInvalid(f"class {names.index('') + 1} of {len(names)} is empty")
    keys = [key(name) for name in names]
    if twice := next((name for i, name in enumerate(names) if keys[i] in keys[:i]), None):
        raise QueryInvalid(f"the class {twice!r} is there twice")
    return names


def channel_of(manifest: Manifest, features: Mapping[Sense, F32]) -> Channel:
    """The widest channel of a bundle that a clip with these features has the senses for.

    Raises:
        RouteMissing: the bundle has no channel.
        SenseMissing: the clip lacks a sense of each.
    """
    if not manifest.channels:
        raise RouteMissing(
            f"the bundle {manifest.name!r} has no route to text to classify by; it has {', '.join(manifest.routes)}"
        )
    if not features:
        raise SenseMissing("found neither sound nor pictures to classify by")
    for channel in manifest.channels:
        if features.keys() >= set(SENSES[channel]):
            return channel
    ways = " or ".join(said(SENSES[channel]) for channel in manifest.channels)
    raise SenseMissing(f"the clip has {said(features)}; the bundle {manifest.name!r} classifies by {ways}")


def _parts(bundle: Bundle, features: Mapping[Sense, F32], text: F32, channel: Channel) -> dict[Sense, F32]:
    """[c] for each sense: what it adds to the score, where the bundle can look through each sense alone."""
    if channel != "av":
        return {channel: class_scores(bundle, features, text, channel)[0]}
    manifest = bundle.manifest
    if not {"audio->text", "video->text"} <= manifest.routes.keys():
        return {}
    if manifest.route("av->text").metric is not Metric.INNER:
        return {}  # a distance of both side by side is a root of a sum, not a sum of parts
    weights = _weights(bundle, features)
    return {sense: weights[sense] * _additive(bundle, {sense: features[sense]}, text) for sense in weights}


def _additive(bundle: Bundle, features: Mapping[Sense, F32], text: F32) -> F32:
    """[c] scores of one sense as they add up in `av->text`: distances squared, as its inner product has them."""
    channel = next(iter(features))
    alone: F32 = class_scores(bundle, features, text, channel)[0]
    return -(alone**2) if _adds_squares(bundle.manifest, channel) else alone


def _adds_squares(manifest: Manifest, channel: Sense) -> bool:
    return manifest.route(f"{channel}->text").metric is Metric.EUCLIDEAN


def _weights(bundle: Bundle, features: Mapping[Sense, F32]) -> dict[Sense, float]:
    if (head := bundle.manifest.attention) is None:
        return {"audio": 0.5, "video": 0.5}
    audio, video = bundle.embed(head, {sense: rows for sense, rows in features.items()})[0]
    return {"audio": float(audio), "video": float(video)}


def _decider(ranked: Sequence[RankedClass]) -> Sense | None:
    parts = ranked[0].parts
    if len(parts) == 1:
        return next(iter(parts))
    if len(ranked) < 2 or not parts:
        return None
    return max(parts, key=lambda sense: parts[sense] - ranked[1].parts[sense])
