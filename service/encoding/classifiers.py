"""Classes to choose from, embedded once however often they are asked for."""

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock

from models.bundle.classification import Candidates, Classifier
from models.bundle.runtime import Bundle
from service.encoding.encoders import Encoders

LIMIT_BYTES = 64 * 2**20
"""Of what is remembered: some thirty lists of a thousand classes."""
CLASS_BYTES = 512
"""What a class takes beside its vectors."""
Key = tuple[str, tuple[str, ...]]


class Classifiers:
    """Classifiers of bundles, and the candidates that they were asked for of late; safe to use from several threads.

    The least recently used candidates go first. They are remembered by the bundle's hash, which tells its text encoder
    too, and the classes as they were written. Who asks for what another one is just embedding waits for that.
    """

    def __init__(self, encoders: Encoders, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._encoders, self._limit_bytes = encoders, limit_bytes
        self._lock = Lock()
        self._kept: OrderedDict[Key, Candidates] = OrderedDict()
        self._kept_bytes = 0
        self._under_way: dict[Key, Future[Candidates]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, bundle: Bundle) -> Classifier:
        """The classifier of a bundle; raises DependencyMissing, BundleInvalid."""
        return Classifier(bundle, self._encoders.text(bundle.manifest))

    def candidates(self, classifier: Classifier, classes: Sequence[str]) -> Candidates:
        """As `Classifier.candidates`."""
        key = classifier.bundle.sha256, tuple(classes)
        with self._lock:
            if (known := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return known
            if (waited_for := self._under_way.get(key)) is None:
                begun = self._under_way[key] = Future()
        if waited_for is not None:
            return waited_for.result()
        self._make(key, classifier, begun)
        return begun.result()

    def _make(self, key: Key, classifier: Classifier, begun: "Future[Candidates]") -> None:
        """What is wrong with the classes is so for all who wait, and no longer than that."""
        try:
            made = classifier.candidates(key[1])
            self._embed(classifier.bundle, made)
            self._keep(key, made)
            begun.set_result(made)
        except BaseException as error:
            begun.set_exception(error)
        finally:
            with self._lock:
                del self._under_way[key]

    def _embed(self, bundle: Bundle, made: Candidates) -> None:
        """By every head that may be asked, so that its size is known."""
        for channel in bundle.manifest.channels:
            made.texts.by(bundle.manifest.route(f"{channel}->text").gallery)

    def _keep(self, key: Key, made: Candidates) -> None:
        with self._lock:
            if key in self._kept or _size_bytes(made) > self._limit_bytes:
                return
            self._kept[key] = made
            self._kept_bytes += _size_bytes(made)
            while self._kept_bytes > self._limit_bytes:
                self._kept_bytes -= _size_bytes(self._kept.popitem(last=False)[1])


def _size_bytes(made: Candidates) -> int:
    return CLASS_BYTES * len(made.names) + made.texts.size_bytes
