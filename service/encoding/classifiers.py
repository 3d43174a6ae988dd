"""Classes to choose from, embedded once however often they are asked for."""

from collections.abc import Sequence
from threading import Condition

from cachetools import LRUCache, cachedmethod

from models.bundle.classification import Candidates, Classifier
from models.bundle.runtime import Bundle
from service.encoding.encoders import Encoders

LIMIT_BYTES = 64 * 2**20
"""Of what is remembered: some thirty lists of a thousand classes."""
CLASS_BYTES = 512
"""What a class takes beside its vectors."""
Key = tuple[str, tuple[str, ...]]


def _key(_owner: "Classifiers", classifier: Classifier, classes: Sequence[str]) -> Key:
    """The bundle's hash, which tells its text encoder too, and the classes as they were written."""
    return classifier.bundle.sha256, tuple(classes)


def _size_bytes(made: Candidates) -> int:
    return CLASS_BYTES * len(made.names) + made.texts.size_bytes


class Classifiers:
    """Classifiers of bundles, and the candidates that they were asked for of late; safe to use from several threads.

    The least recently used candidates go first. Who asks for what another one is just embedding waits for that.
    """

    def __init__(self, encoders: Encoders, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._encoders, self._embedding = encoders, Condition()
        self._kept: LRUCache[Key, Candidates] = LRUCache(limit_bytes, getsizeof=_size_bytes)

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, bundle: Bundle) -> Classifier:
        """The classifier of a bundle; raises DependencyMissing, BundleInvalid."""
        return Classifier(bundle, self._encoders.text(bundle.manifest))

    @cachedmethod(lambda self: self._kept, key=_key, condition=lambda self: self._embedding)
    def candidates(self, classifier: Classifier, classes: Sequence[str]) -> Candidates:
        """As `Classifier.candidates`, embedded by every head that may be asked, so that their size is known."""
        made, manifest = classifier.candidates(tuple(classes)), classifier.bundle.manifest
        for channel in manifest.channels:
            made.texts.by(manifest.route(f"{channel}->text").gallery)
        return made
