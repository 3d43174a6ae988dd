"""Which of some named classes a clip shows, by its sound, its pictures or both; the words may never have been seen.

How sure that is: the margin of the winner's calibrated score over the runner-up's. Whoever abstains below a margin
answers less often and is wrong less often, a selective classifier: Geifman & El-Yaniv, "Selective Classification for
Deep Neural Networks", NIPS 2017, after Chow, "On Optimum Recognition Error and Reject Tradeoff", IEEE Transactions on
Information Theory 16(1), 1970, whose optimal rule thresholds the winner's posterior probability. That is known only of
the whole vocabulary of a bundle with its own betas, by the temperature that training fitted, and not of other words;
the margin is there for any classes. Scores that are distances rise and fall with the clip for all classes alike, and
the margin does not; where scores are logits it is the logarithm of the best two's odds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.bundle.manifest import Channel, Manifest
from models.bundle.parts import class_scores, parts
from models.bundle.runtime import Bundle
from models.bundle.senses import SENSES, said
from models.bundle.texts import Texts
from models.bundle.words import key, understood
from models.calibration import stack
from models.errors import QueryInvalid, RouteMissing, SenseMissing
from models.types import F32, Bool, Sense


class EncodesText(Protocol):
    """What turns words into text features [n, width]."""

    def encode(self, texts: Sequence[str]) -> F32: ...


@dataclass(frozen=True, slots=True)
class RankedClass:
    """A class with its calibrated score, whether it counts as one that training saw, what was `taken_off` for that, and
    the part each modality has in the score that was there before."""

    name: str
    score: float
    seen: bool
    taken_off: float
    parts: Mapping[Sense, float]


@dataclass(frozen=True, slots=True)
class Classification:
    """Classes, best first, for a clip looked at through `channel`.

    `beta` was taken off the scores of seen classes. `margin` is how far the winner's score is above the runner-up's,
    None where there is none. `probability` is that the winner is right; None of other classes, or another beta, than
    what was fitted. `decided_by` is the modality with the larger part in that margin; None where there is no runner-up
    or the bundle cannot tell the modalities apart.
    """

    channel: Channel
    beta: float
    ranked: tuple[RankedClass, ...]
    margin: float | None
    probability: float | None
    decided_by: Sense | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Classes [c] that compete: their names as the bundle takes them, which training saw, and their texts.

    They are `whole` if they are the bundle's vocabulary, in any order, and count as seen where training saw them.
    """

    names: tuple[str, ...]
    seen: Bool
    texts: Texts
    whole: bool

    def seen_as(self, flags: Sequence[bool | None]) -> "Candidates":
        """The same, counting as seen or not where flags [c] say so; None: as before."""
        seen = [bool(was) if flag is None else flag for was, flag in zip(self.seen, flags, strict=True)]
        whole = self.whole and seen == self.seen.tolist()
        return Candidates(self.names, np.array(seen, np.bool_), self.texts, whole)


class Classifier:
    """Zero-shot classification with a bundle, over all the words that it understands."""

    def __init__(self, bundle: Bundle, encoder: EncodesText) -> None:
        self.bundle = bundle
        self._encoder = encoder
        self._seen = {key(each.name): each.feature for each in bundle.manifest.seen_classes}

    def classify(
        self, features: Mapping[Sense, F32], *, classes: Sequence[str], beta: float | None = None
    ) -> Classification:
        """The classes ranked for one clip: `rank` among `candidates`, and raises as these do."""
        return self.rank(features, self.candidates(classes), beta=beta)

    def candidates(self, classes: Sequence[str]) -> Candidates:
        """Classes to rank clips among, of any words, or names of the vocabulary where the bundle knows no others.

        Names of classes that training saw are recognised whatever their case. Raises QueryInvalid for no class, an
        empty one, one that is there twice, or one that the bundle does not know.
        """
        names = understood(self.bundle.manifest, class_names(classes))
        whole = set(map(key, names)) == set(map(key, self.bundle.manifest.vocabulary))
        return Candidates(tuple(names), self.seen(names), Texts(self.bundle, self.text_features(names)), whole)

    def rank(
        self,
        features: Mapping[Sense, F32],
        among: Candidates,
        *,
        channel: Channel | None = None,
        beta: float | None = None,
        k: int | None = None,
    ) -> Classification:
        """The `k` best classes of one clip.

        Args:
            features: [width] of each sense the clip has.
            channel: what to look at; None: the widest that the clip and the bundle have.
            beta: what to take off the scores of seen classes: None takes the bundle's own, 0 nothing.
            k: None for all.

        Raises:
            QueryInvalid: beta is not finite.
            SenseMissing: neither sound nor pictures, or none that the bundle can classify by.
            RouteMissing: the bundle cannot classify, or not by that channel.
        """
        channel = channel_of(self.bundle.manifest, features, asked=channel)
        rows = {sense: features[sense][None] for sense in SENSES[channel]}
        beta = self._beta(channel, beta)
        found = stack(class_scores(self.bundle, rows, among.texts, channel), among.seen, beta)[0]
        added = parts(self.bundle, rows, among.texts, channel)
        order = np.argsort(-found, kind="stable")
        ranked = [
            RankedClass(
                among.names[i],
                float(found[i]),
                seen=bool(among.seen[i]),
                taken_off=beta if among.seen[i] else 0.0,
                parts={sense: float(each[0, i]) for sense, each in added.items()},
            )
            for i in order[: None if k is None else max(k, 2)]
        ]
        probability = self._probability(found, channel, beta) if among.whole else None
        return Classification(channel, beta, tuple(ranked[:k]), _margin(ranked), probability, _decider(ranked))

    def _probability(self, stacked: F32, channel: Channel, beta: float) -> float | None:
        """Of the winner, by the scores [c] of the whole vocabulary."""
        fitted = self.bundle.manifest.temperatures.get(channel)
        if fitted is None or fitted.classes != len(stacked) or beta != self._beta(channel, None):
            return None
        return float(fitted.of(stacked[None]).max())

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


def class_names(classes: Sequence[str]) -> list[str]:
    """The class names without outer spaces; raises QueryInvalid for none, an empty one or one there twice."""
    names = [" ".join(name.split()) for name in classes]
    if not names:
        raise QueryInvalid("found no class to choose from, expected at least one")
    if not all(names):
        raise QueryInvalid(f"class {names.index('') + 1} of {len(names)} is empty")
    known: set[str] = set()
    for name in names:
        if key(name) in known:
            raise QueryInvalid(f"the class {name!r} is there twice")
        known.add(key(name))
    return names


def check_channels(manifest: Manifest, asked: Channel | None = None) -> None:
    """Refuse a bundle that can classify nothing, or not by the channel that was asked for; raises RouteMissing."""
    if not manifest.channels:
        raise RouteMissing(
            f"the bundle {manifest.name!r} has no route to text to classify by; it has {', '.join(manifest.routes)}"
        )
    if asked is not None and asked not in manifest.channels:
        ways = ", ".join(manifest.channels)
        raise RouteMissing(
            f"the bundle {manifest.name!r} does not classify by the channel {asked!r}; it does by {ways}"
        )


def channel_of(manifest: Manifest, features: Mapping[Sense, F32], *, asked: Channel | None = None) -> Channel:
    """The channel that was asked for, or the widest of a bundle that a clip with these features has the senses for.

    Raises:
        RouteMissing: the bundle has no channel, or not that one.
        SenseMissing: the clip lacks a sense of each.
    """
    check_channels(manifest, asked)
    if not features:
        raise SenseMissing("found neither sound nor pictures to classify by")
    channels = manifest.channels if asked is None else (asked,)
    for channel in channels:
        if features.keys() >= set(SENSES[channel]):
            return channel
    if asked is not None:
        raise SenseMissing(f"the clip has {said(features)}, expected {said(SENSES[asked])} to classify by")
    ways = " or ".join(said(SENSES[channel]) for channel in channels)
    raise SenseMissing(f"the clip has {said(features)}; the bundle {manifest.name!r} classifies by {ways}")


def _margin(ranked: Sequence[RankedClass]) -> float | None:
    return ranked[0].score - ranked[1].score if len(ranked) > 1 else None


def _decider(ranked: Sequence[RankedClass]) -> Sense | None:
    parts = ranked[0].parts
    if len(parts) == 1:
        return next(iter(parts))
    if len(ranked) < 2 or not parts:
        return None
    return max(parts, key=lambda sense: parts[sense] - ranked[1].parts[sense])
