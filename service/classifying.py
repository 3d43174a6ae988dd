"""From an uploaded clip to ranked classes."""

from collections.abc import Sequence
from pathlib import Path

from models.bundle.classification import Classification, Classifier
from service.features import of_clip
from service.resources import Resources
from service.schemas import ClassifyAnswer, RankedClass
from service.timing import Stopwatch

BETAS: dict[str, float | None] = {"on": None, "off": 0.0}


def classify(
    resources: Resources, gallery: str | None, *, clip: Path, classes: Sequence[str], calibration: str, k: int
) -> ClassifyAnswer:
    """The best `k` classes of a clip by a gallery's bundle, among these or those of its vocabulary.

    Raises:
        GalleryNotFound, QueryInvalid, MediaInvalid, RouteMissing.
    """
    watch = Stopwatch()
    chosen = resources.gallery(gallery)
    bundle = chosen.active.bundle
    features = of_clip(resources.encoders.extractor(bundle.manifest).extract(clip))
    classifier = Classifier(bundle, resources.encoders.text(bundle.manifest))
    found = classifier.classify(features, classes=classes or bundle.manifest.vocabulary, beta=_beta(calibration))
    return ClassifyAnswer(
        gallery=chosen.name,
        route=f"{found.channel}->text",
        bundle=bundle.name,
        took_ms=watch.elapsed_ms(),
        channel=found.channel,
        decided_by=found.decided_by,
        beta=found.beta,
        classes=_best(found, k),
    )


def _best(found: Classification, k: int) -> tuple[RankedClass, ...]:
    return tuple(
        RankedClass(name=each.name, score=each.score, seen=each.seen, parts=dict(each.parts))
        for each in found.ranked[:k]
    )


def _beta(calibration: str) -> float | None:
    return BETAS[calibration] if calibration in BETAS else float(calibration)
