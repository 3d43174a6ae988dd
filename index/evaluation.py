"""How well a bundle classifies and retrieves what a gallery holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from index.catalog.clips import window_count
from index.catalog.database import Connection
from index.clips import StoredFeatures
from index.generations import Generation
from index.route_bank import Asking
from models.bundle.classification import Classifier
from models.bundle.manifest import Channel
from models.bundle.words import key
from models.evaluation.evaluating import Evaluation, Labels
from models.evaluation.evaluating import evaluate as evaluate_scores
from models.evaluation.scorer import Scorer
from models.hubness import RouteBias, shift_for
from models.types import F32, I64, Modality


@dataclass(frozen=True, slots=True)
class Examined:
    """What a bundle makes of the first window of each clip, to be scored by any of its routes.

    `clip_ids` [n] and `windows` [n] are those of the rows, `classes` the queries by words.
    """

    scorer: Scorer
    labels: Labels
    betas: Mapping[Channel, float]
    clip_ids: tuple[str, ...]
    windows: I64
    classes: tuple[str, ...]

    @property
    def clips_sha256(self) -> str:
        """Tells whether others are of the same clips, each of the same class."""
        classes = [key(self.classes[each]) for each in self.labels.clips]
        return _digest(f"{clip} {name}" for clip, name in zip(self.clip_ids, classes, strict=True))

    @property
    def classes_sha256(self) -> str:
        """Tells whether with others the same classes compete, and the same of them count as seen."""
        seen = zip(self.classes, self.labels.seen.tolist(), strict=True)
        return _digest(f"{key(name)} {is_seen}" for name, is_seen in seen)


def evaluate(classifier: Classifier, stored: StoredFeatures, classes: Sequence[str]) -> Evaluation:
    """Evaluate a classifier's bundle on the first window of each clip: others of one clip would find each other.

    Retrieval from words: one query a class. From clips: every clip is a query and is itself left out of the
    ranking, average precision is averaged by class, then over classes (the protocol of CJME).

    Args:
        stored: windows that have both senses; each one's first label is its class.
        classes: all that compete, seen and unseen.
    """
    found = examined(classifier, stored, classes)
    return evaluate_scores(found.scorer, found.labels, found.betas)


def examined(classifier: Classifier, stored: StoredFeatures, classes: Sequence[str]) -> Examined:
    """The same clips and classes, before anything is scored."""
    stored = _one_a_clip(stored)
    manifest = classifier.bundle.manifest
    features: dict[Modality, F32] = {"text": classifier.text_features(classes)}
    features.update({sense: rows for sense, rows in stored.features.items()})

    def embed(head: str) -> F32:
        return classifier.bundle.embed(head, {each: features[each] for each in manifest.heads[head].inputs})

    labels: I64 = np.array([classes.index(names[0]) for names in stored.labels], np.int64)
    known = Labels(clips=labels, seen=classifier.seen(classes))
    betas = {channel: manifest.betas.get(channel, 0.0) for channel in manifest.channels}
    scorer = Scorer(embed, manifest.routes, {})
    return Examined(scorer, known, betas, stored.clip_ids, stored.windows, tuple(classes))


def bank_of(connection: Connection, generation: Generation, route: str) -> tuple[I64, F32]:
    """The windows [b] that the biases of a route are made of, or would be, ascending, and their queries [b, dim].

    None where a route is asked with words. Raises RouteMissing.
    """
    embedding = generation.table(route).embedding
    shift = generation.corrections.shift
    if not generation.biases:
        shift = shift_for(window_count(connection, generation.gallery))
    asking = Asking(embedding, route, RouteBias(alpha=1.0), shift)
    return asking.of_windows(connection, generation.gallery)


def _digest(lines: Iterable[str]) -> str:
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _one_a_clip(stored: StoredFeatures) -> StoredFeatures:
    first = dict(zip(reversed(stored.clip_ids), reversed(range(len(stored.clip_ids))), strict=True))
    return stored.only(sorted(first.values()))
