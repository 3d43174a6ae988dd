"""Zero-shot classification of one clip."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from models.bundle.classification import Classifier
from models.bundle.manifest import Channel, Manifest, Words
from models.bundle.parts import class_scores
from models.bundle.runtime import Bundle
from models.bundle.senses import SENSES
from models.bundle.words import understood
from models.errors import QueryInvalid, RouteMissing, SenseMissing
from models.types import F32, Sense
from tests.tiny.bundles import AUDIO, CLASSES, SEEN, TEXT, VIDEO, narrowed, tiny_bundle, tiny_maps
from tests.tiny.letters import Letters

SEED = 5


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    tiny_bundle(folder, seed=SEED)
    return Classifier(Bundle.open(folder), Letters())


def clip(seed: int = 0) -> dict[Sense, F32]:
    numbers = np.random.default_rng(seed)
    return {"audio": numbers.normal(size=8).astype(np.float32), "video": numbers.normal(size=8).astype(np.float32)}


def squares(classifier: Classifier, features: dict[Sense, F32], names: Sequence[str]) -> dict[Sense, F32]:
    """[c] squared distances of each sense to each class, by hand."""
    maps = tiny_maps({"audio": AUDIO, "video": VIDEO, "text": TEXT}, SEED)
    text = classifier.text_features(names) @ maps["text"]
    return {sense: ((features[sense] @ maps[sense] - text) ** 2).sum(1) for sense in features}


def test_both_modalities_are_ranked_by_the_mean_of_their_squared_distances(classifier: Classifier) -> None:
    found = classifier.classify(clip(), classes=CLASSES, beta=0)
    by_hand = squares(classifier, clip(), CLASSES)
    expected = -(by_hand["audio"] + by_hand["video"]) / 2
    assert found.channel == "av"
    assert [each.name for each in found.ranked] == [CLASSES[i] for i in np.argsort(-expected)]
    assert [each.score for each in found.ranked] == pytest.approx(np.sort(expected)[::-1].tolist(), abs=1e-4)


def test_the_parts_of_the_modalities_add_up_to_the_score(classifier: Classifier) -> None:
    for each in classifier.classify(clip(), classes=CLASSES, beta=0).ranked:
        assert sum(each.parts.values()) == pytest.approx(each.score, abs=1e-4)


def test_the_modality_with_the_larger_part_in_the_margin_decided(classifier: Classifier) -> None:
    decided = set()
    for seed in range(12):
        found = classifier.classify(clip(seed), classes=CLASSES, beta=0)
        first, second = (CLASSES.index(each.name) for each in found.ranked[:2])
        gains = {s: float(d[second] - d[first]) for s, d in squares(classifier, clip(seed), CLASSES).items()}
        assert found.decided_by == max(gains, key=lambda sense: gains[sense])
        decided.add(found.decided_by)
    assert decided == {"audio", "video"}


@pytest.mark.parametrize("sense", ["audio", "video"])
def test_one_modality_is_enough(classifier: Classifier, sense: Sense) -> None:
    features: dict[Sense, F32] = {sense: clip()[sense]}
    found = classifier.classify(features, classes=CLASSES, beta=0)
    assert (found.channel, found.decided_by) == (sense, sense)
    expected = -np.sqrt(squares(classifier, features, CLASSES)[sense])
    assert [each.score for each in found.ranked] == pytest.approx(np.sort(expected)[::-1].tolist(), abs=1e-4)


@pytest.mark.parametrize(("senses", "beta"), [(["audio"], 0.1), (["video"], 0.2), (["audio", "video"], 0.3)])
def test_the_bundles_beta_of_the_channel_is_taken_off_seen_classes(
    classifier: Classifier, senses: list[Sense], beta: float
) -> None:
    features = {sense: clip()[sense] for sense in senses}
    plain = {each.name: each for each in classifier.classify(features, classes=CLASSES, beta=0).ranked}
    found = classifier.classify(features, classes=CLASSES)
    assert found.beta == beta
    for each in found.ranked:
        assert each.seen == (each.name in SEEN)
        assert plain[each.name].score - each.score == pytest.approx(beta if each.seen else 0, abs=1e-5)


def test_a_large_beta_puts_every_seen_class_last(classifier: Classifier) -> None:
    found = classifier.classify(clip(), classes=[*CLASSES, "rain"], beta=1000)
    assert [each.seen for each in found.ranked] == [False, False, True, True, True]


def test_a_seen_class_is_known_whatever_its_case_and_spaces_and_keeps_its_trained_feature(
    classifier: Classifier,
) -> None:
    (known,) = [each for each in classifier.bundle.manifest.seen_classes if each.name == SEEN[0]]
    assert classifier.seen([f"  {SEEN[0].upper()} ", "rain"]).tolist() == [True, False]
    assert classifier.text_features([SEEN[0].title()])[0] == pytest.approx(np.array(known.feature), abs=1e-6)


@pytest.mark.parametrize(
    ("classes", "complaint"),
    [([], "no class"), (["a", " "], "class 2 of 2 is empty"), (["Dog  barking", "dog barking "], "twice")],
)
def test_odd_classes_are_refused(classifier: Classifier, classes: list[str], complaint: str) -> None:
    with pytest.raises(QueryInvalid, match=complaint):
        classifier.classify(clip(), classes=classes)


def test_a_beta_that_is_no_number_is_refused(classifier: Classifier) -> None:
    with pytest.raises(QueryInvalid, match="finite number, found nan"):
        classifier.classify(clip(), classes=CLASSES, beta=float("nan"))


def test_a_clip_without_sound_and_pictures_is_refused(classifier: Classifier) -> None:
    with pytest.raises(SenseMissing, match="neither"):
        classifier.classify({}, classes=CLASSES)


def test_one_class_has_no_runner_up_to_decide_against(classifier: Classifier) -> None:
    assert classifier.classify(clip(), classes=["rain"]).decided_by is None


@pytest.mark.parametrize(
    ("lacking", "channel"),
    [((), "av"), (("av->text",), "video"), (("av->text", "video->text"), "audio"), (("audio->text",), "av")],
)
def test_a_clip_is_looked_at_through_the_widest_channel_that_the_bundle_has(
    tmp_path: Path, lacking: tuple[str, ...], channel: str
) -> None:
    found = changed(tmp_path, lacking=lacking).classify(clip(), classes=CLASSES)
    assert found.channel == channel
    assert found.beta == pytest.approx({"av": 0.3, "video": 0.2, "audio": 0.1}[channel])


def test_a_clip_is_looked_at_through_the_channel_that_is_asked_for(classifier: Classifier) -> None:
    among = classifier.candidates(CLASSES)
    betas: dict[Channel, float] = {"audio": 0.1, "video": 0.2, "av": 0.3}
    for channel, beta in betas.items():
        found = classifier.rank(clip(), among, channel=channel)
        assert (found.channel, found.beta) == (channel, beta)
        senses = SENSES[channel]
        assert found == classifier.rank({each: clip()[each] for each in senses}, among)


def test_a_channel_that_the_clip_or_the_bundle_lacks_is_refused(classifier: Classifier, tmp_path: Path) -> None:
    with pytest.raises(SenseMissing, match="has sound, expected sound and pictures"):
        classifier.rank({"audio": clip()["audio"]}, classifier.candidates(CLASSES), channel="av")
    narrow = changed(tmp_path, lacking=["video->text"])
    with pytest.raises(RouteMissing, match="not classify by the channel 'video'; it does by av, audio"):
        narrow.rank(clip(), narrow.candidates(CLASSES), channel="video")


def test_modalities_that_the_bundle_cannot_tell_apart_have_no_parts_and_decide_nothing(tmp_path: Path) -> None:
    found = changed(tmp_path, lacking=["audio->text"]).classify(clip(), classes=CLASSES)
    assert found.decided_by is None
    assert all(each.parts == {} for each in found.ranked)


def test_a_clip_that_lacks_what_the_bundle_looks_at_is_refused(tmp_path: Path) -> None:
    both = changed(tmp_path / "both", lacking=["audio->text", "video->text"])
    with pytest.raises(SenseMissing, match="has pictures; the bundle 'other' classifies by sound and pictures"):
        both.classify({"video": clip()["video"]}, classes=CLASSES)
    sound = changed(tmp_path / "sound", lacking=["av->text", "video->text"])
    with pytest.raises(SenseMissing, match=r"classifies by sound$"):
        sound.classify({"video": clip()["video"]}, classes=CLASSES)


def test_a_bundle_without_a_route_to_text_cannot_classify_and_says_so(tmp_path: Path) -> None:
    classifier = changed(tmp_path, lacking=["audio->text", "video->text", "av->text"])
    with pytest.raises(RouteMissing, match="no route to text to classify by; it has text->audio, "):
        classifier.classify(clip(), classes=CLASSES)


def test_a_bundle_that_knows_only_its_vocabulary_takes_no_other_words(tmp_path: Path) -> None:
    classifier = changed(tmp_path, words="vocabulary")
    found = classifier.classify(clip(), classes=[" Siren  FLASHING", SEEN[0]])
    assert {each.name for each in found.ranked} == {"siren flashing", SEEN[0]}
    with pytest.raises(QueryInvalid, match="'rain' is none of them; they are dog barking, bell ringing,"):
        classifier.classify(clip(), classes=[SEEN[0], "rain"])


def test_of_a_long_vocabulary_a_refusal_names_some() -> None:
    names = tuple(f"class {i}" for i in range(25))
    manifest = Manifest.model_construct(name="long", vocabulary=names, words="vocabulary")
    with pytest.raises(QueryInvalid, match=r"class 9 and 15 more$"):
        understood(manifest, ["class 25"])


def changed(folder: Path, *, lacking: Sequence[str] = (), words: Words = "any") -> Classifier:
    """The tiny bundle without some of its routes, or of which only its vocabulary is known."""
    manifest = tiny_bundle(folder / "tiny")
    narrowed(folder / "tiny", "other", routes=manifest.routes.keys() - set(lacking), words=words)
    return Classifier(Bundle.open(folder / "other"), Letters())


def test_many_clips_score_as_each_alone(classifier: Classifier) -> None:
    many = [clip(seed) for seed in range(6)]
    together: dict[Sense, F32] = {sense: np.stack([each[sense] for each in many]) for sense in many[0]}
    text = classifier.text_features(CLASSES)
    found = class_scores(classifier.bundle, together, text, "av")
    for each, row in zip(many, found, strict=True):
        ranked = classifier.classify(each, classes=CLASSES, beta=0).ranked
        assert {one.name: one.score for one in ranked} == pytest.approx(
            dict(zip(CLASSES, row.tolist(), strict=True)), abs=1e-5
        )
