"""What each modality adds to the scores of clips for texts, where a bundle can tell."""

from collections.abc import Mapping

import numpy as np

from models.bundle.manifest import Channel, Manifest
from models.bundle.runtime import Bundle
from models.bundle.senses import SENSES
from models.bundle.texts import Texts
from models.scoring import scores
from models.types import F32, Metric, Sense


def class_scores(bundle: Bundle, features: Mapping[Sense, F32], texts: F32 | Texts, channel: Channel) -> F32:
    """The score [n, c] of every class for every clip, not calibrated.

    Args:
        features: [n, width] of each sense that the channel looks at.
        texts: [c, width] of each class, or Texts of them, which are embedded once however often they are asked with.
    """
    route = bundle.manifest.route(f"{channel}->text")
    queries = bundle.embed(route.query, {sense: rows for sense, rows in features.items()})
    return scores(queries, _texts(bundle, texts).by(route.gallery), route.metric)


def parts(bundle: Bundle, features: Mapping[Sense, F32], texts: F32 | Texts, channel: Channel) -> dict[Sense, F32]:
    """[n, c] for each sense: what it adds to those scores, where the bundle can look through each sense alone."""
    if channel != "av":
        return {channel: class_scores(bundle, features, texts, channel)}
    if not {"audio->text", "video->text"} <= bundle.manifest.routes.keys():
        return {}
    if bundle.manifest.route("av->text").metric is not Metric.INNER:
        return {}  # a distance of both side by side is a root of a sum, not a sum of parts
    weighed = weights(bundle, features)
    if weighed is None:
        weighed = np.full((len(features["audio"]), 2), 0.5, np.float32)
    alone = {sense: _additive(bundle, {sense: features[sense]}, texts, sense) for sense in SENSES["av"]}
    return {sense: weighed[:, place, None] * alone[sense] for place, sense in enumerate(SENSES["av"])}


def weights(bundle: Bundle, features: Mapping[Sense, F32]) -> F32 | None:
    """[n, 2] how much the sound and the pictures of clips weigh; None where the bundle has no head for that."""
    if bundle.manifest.attention is None:
        return None
    return bundle.embed(bundle.manifest.attention, {sense: rows for sense, rows in features.items()})


def _additive(bundle: Bundle, features: Mapping[Sense, F32], texts: F32 | Texts, sense: Sense) -> F32:
    """[n, c] scores of one sense as they add up in `av->text`: distances squared, as its inner product has them."""
    alone = class_scores(bundle, features, texts, sense)
    return -(alone**2) if _is_distance(bundle.manifest, sense) else alone


def _texts(bundle: Bundle, texts: F32 | Texts) -> Texts:
    return texts if isinstance(texts, Texts) else Texts(bundle, texts)


def _is_distance(manifest: Manifest, sense: Sense) -> bool:
    return manifest.route(f"{sense}->text").metric is Metric.EUCLIDEAN
