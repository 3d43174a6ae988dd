"""The figures of a bundle on a gallery against loops over clips, classes and ranks."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from index.clips import StoredFeatures
from index.evaluation import evaluate
from models.bundle.classification import Classifier
from models.bundle.manifest import Channel
from models.bundle.runtime import Bundle
from models.evaluation.evaluating import CHANNELS, Evaluation
from models.evaluation.ranking import expected_average_precision
from models.features.text import TextEncoder
from models.types import F32, Modality, Sense
from tests.tiny.bundles import AUDIO, SEEN, TEXT, VIDEO, narrowed, tiny_maps
from tests.tiny.encoders import tiny_text_encoder
from tests.unit.index.world import BOTH, clip_features, library, vectors

CLASSES = (*SEEN, "siren flashing", "drum ringing")
LABELS = [0, 1, 2, 3, 3, 0, 1, 2, 3, 0, 1, 2, 0, 4]
"""Of the clips with both senses; the last class has a single one."""
BETAS = {"audio": 0.1, "video": 0.2, "av": 0.3}
MAPS = tiny_maps({"audio": AUDIO, "video": VIDEO, "text": TEXT}, 0)
Score = Callable[[int, int], float]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluation")


@pytest.fixture(scope="module")
def stored(folder: Path) -> Iterator[StoredFeatures]:
    """What a gallery holds of the clips above, every third of two windows, and of one that has no pictures."""
    galleries = library(folder)
    gallery = galleries.create("demo", "tiny")
    for seed, label in enumerate([*LABELS, 0]):
        path = folder / f"{seed}.mp4"
        path.write_bytes(bytes([seed]))
        senses: tuple[Sense, ...] = BOTH if seed < len(LABELS) else ("audio",)
        features = clip_features(seed, senses=senses, windows=1 if seed % 3 else 2)
        gallery.add(path, name=path.name, labels=[CLASSES[label], "thing"], features=features)
    yield gallery.features("audio", "video")
    galleries.close()


@pytest.fixture(scope="module")
def classifier(folder: Path, stored: StoredFeatures) -> Classifier:
    return Classifier(Bundle.open(folder / "bundles" / "tiny"), TextEncoder.open(tiny_text_encoder(folder / "text")))


@pytest.fixture(scope="module")
def found(classifier: Classifier, stored: StoredFeatures) -> Evaluation:
    return evaluate(classifier, stored, CLASSES)


@pytest.fixture(scope="module")
def embedded(classifier: Classifier) -> dict[Modality, F32]:
    """The first windows of clips by each sense, and classes, in the space they share."""
    features: dict[Modality, F32] = {"text": classifier.text_features(CLASSES)}
    features |= {sense: np.stack([vectors(seed)[sense] for seed in range(len(LABELS))]) for sense in BOTH}
    return {modality: rows @ MAPS[modality] for modality, rows in features.items()}


def distance(left: F32, right: F32) -> float:
    return math.sqrt(sum((float(a) - float(b)) ** 2 for a, b in zip(left, right, strict=True)))


def of_class(embedded: dict[Modality, F32], channel: Channel) -> Score:
    """The score of a class for a clip."""
    text = embedded["text"]
    if channel == "av":
        senses = embedded["audio"], embedded["video"]
        return lambda clip, label: -sum(distance(rows[clip], text[label]) ** 2 for rows in senses) / 2
    rows = embedded[channel]
    return lambda clip, label: -distance(rows[clip], text[label])


def recall(picks: list[int], label: int) -> float:
    right = [pick == label for pick, own in zip(picks, LABELS, strict=True) if own == label]
    return sum(right) / len(right)


def average_precision(scored: list[tuple[float, bool]]) -> float:
    """Of (score, is relevant) pairs."""
    ranked = [relevant for _, relevant in sorted(scored, reverse=True)]
    ranks = [rank for rank, relevant in enumerate(ranked, start=1) if relevant]
    return sum(sum(ranked[:rank]) / rank for rank in ranks) / len(ranks)


@pytest.mark.parametrize("channel", CHANNELS)
def test_accuracies_are_those_of_a_loop_with_the_bundles_own_beta(
    found: Evaluation, embedded: dict[Modality, F32], channel: Channel
) -> None:
    score, clips = of_class(embedded, channel), range(len(LABELS))
    stacked = [max(range(5), key=lambda c: score(clip, c) - BETAS[channel] * (c < 3)) for clip in clips]
    unseen = [max((3, 4), key=lambda c: score(clip, c)) for clip in clips]
    accuracies = found.classification[channel]
    assert accuracies.stacked.seen == pytest.approx(np.mean([recall(stacked, label) for label in (0, 1, 2)]))
    assert accuracies.stacked.unseen == pytest.approx(np.mean([recall(stacked, label) for label in (3, 4)]))
    assert accuracies.zsl == pytest.approx(np.mean([recall(unseen, label) for label in (3, 4)]))


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_class_is_a_query_for_all_its_clips(
    found: Evaluation, embedded: dict[Modality, F32], channel: Channel
) -> None:
    score = of_class(embedded, channel)
    values = [
        average_precision([(score(clip, label), LABELS[clip] == label) for clip in range(len(LABELS))])
        for label in range(5)
    ]
    chance = [expected_average_precision(LABELS.count(label), len(LABELS)) for label in range(5)]
    precision = found.retrieval[f"text->{channel}"]
    assert (precision.found.seen, precision.found.unseen) == pytest.approx((np.mean(values[:3]), np.mean(values[3:])))
    assert (precision.chance.seen, precision.chance.unseen) == pytest.approx((np.mean(chance[:3]), np.mean(chance[3:])))


@pytest.mark.parametrize(("query", "gallery"), [("audio", "video"), ("video", "audio")])
def test_a_clip_is_a_query_for_the_others_of_its_class_and_classes_count_once(
    found: Evaluation, embedded: dict[Modality, F32], query: Modality, gallery: Modality
) -> None:
    values: dict[int, list[float]] = {}
    chance: dict[int, list[float]] = {}
    for clip, label in enumerate(LABELS[:-1]):  # the last class has no other clip to find
        others = [other for other in range(len(LABELS)) if other != clip]
        scored = [(-distance(embedded[query][clip], embedded[gallery][i]), LABELS[i] == label) for i in others]
        values.setdefault(label, []).append(average_precision(scored))
        chance.setdefault(label, []).append(expected_average_precision(LABELS.count(label) - 1, len(others)))
    precision = found.retrieval[f"{query}->{gallery}"]
    for side, by_class in ((precision.found, values), (precision.chance, chance)):
        assert side.seen == pytest.approx(np.mean([np.mean(by_class[label]) for label in (0, 1, 2)]))
        assert side.unseen == pytest.approx(np.mean(by_class[3]))


def test_every_route_to_clips_is_evaluated_once_a_clip_with_both_senses(
    found: Evaluation, stored: StoredFeatures
) -> None:
    assert len(stored.clip_ids) > len(LABELS)
    assert set(found.retrieval) == {"text->audio", "text->video", "text->av", "audio->video", "video->audio"}
    assert found.clips == len(LABELS)


def test_a_bundle_is_evaluated_by_the_routes_it_has(
    classifier: Classifier, stored: StoredFeatures, folder: Path
) -> None:
    narrowed(folder / "bundles" / "tiny", "clips", routes=["audio->video", "video->video"])
    bundle = Bundle.open(folder / "bundles" / "clips")
    found = evaluate(Classifier(bundle, TextEncoder.open(folder / "text")), stored, CLASSES)
    assert found.classification == {}
    assert set(found.retrieval) == {"audio->video", "video->video"}


def test_a_channel_without_a_beta_is_not_calibrated(
    classifier: Classifier, stored: StoredFeatures, folder: Path, embedded: dict[Modality, F32]
) -> None:
    manifest = classifier.bundle.manifest.model_copy(update={"betas": {}})
    plain = Classifier(Bundle(folder / "bundles" / "tiny", manifest), TextEncoder.open(folder / "text"))
    score = of_class(embedded, "av")
    picks = [max(range(5), key=lambda label: score(clip, label)) for clip in range(len(LABELS))]
    found = evaluate(plain, stored, CLASSES).classification["av"].stacked
    assert found.seen == pytest.approx(np.mean([recall(picks, label) for label in (0, 1, 2)]))
    assert found.unseen == pytest.approx(np.mean([recall(picks, label) for label in (3, 4)]))


def test_a_side_without_clips_has_no_figure(classifier: Classifier, stored: StoredFeatures) -> None:
    rows = [row for row, labels in enumerate(stored.labels) if labels[0] in SEEN]
    seen_only = stored.only(rows)
    evaluation = evaluate(classifier, seen_only, CLASSES)
    assert math.isnan(evaluation.classification["av"].stacked.unseen)
    assert math.isnan(evaluation.retrieval["audio->video"].found.unseen)
    assert evaluation.retrieval["audio->video"].found.seen > 0
