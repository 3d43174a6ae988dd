"""How probable it is that the winner is right, where that is known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from models.bundle.classification import Classification, Classifier
from models.bundle.manifest import Channel
from models.bundle.runtime import Bundle
from models.bundle.store import save
from models.temperature import ClassTemperature, softened
from models.types import F32, Sense
from tests.tiny.bundles import CLASSES, HEADS, tiny_bundle
from tests.tiny.letters import Letters

OTHERS = ("rain", *CLASSES)


def fitted(temperature: float, *, classes: int = len(CLASSES)) -> ClassTemperature:
    return ClassTemperature(
        temperature=temperature, clips=9, classes=classes, accuracy=0.5, log_loss=1.0, error=0.1, fitted_on="a test"
    )


def classifier(folder: Path, temperatures: dict[Channel, ClassTemperature]) -> Classifier:
    """Of the tiny bundle with these temperatures."""
    made = tiny_bundle(folder / "tiny")
    graphs = {head: (folder / "tiny" / made.heads[head].file).read_bytes() for head in HEADS}
    save(folder / "told", made.model_copy(update={"name": "told", "temperatures": temperatures}), graphs, "# told\n")
    return Classifier(Bundle.open(folder / "told"), Letters())


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    return classifier(tmp_path_factory.mktemp("bundles"), {"av": fitted(0.7), "audio": fitted(0.3)})


def found(
    known: Classifier, *senses: Sense, classes: Sequence[str] = CLASSES, beta: float | None = None
) -> Classification:
    numbers = np.random.default_rng(3)
    features = {sense: numbers.normal(size=8).astype(np.float32) for sense in senses or ("audio", "video")}
    return known.classify(features, classes=classes, beta=beta)


@pytest.mark.parametrize(("senses", "temperature"), [(("audio", "video"), 0.7), (("audio",), 0.3)])
def test_it_is_the_winners_share_by_the_temperature_of_the_channel(
    known: Classifier, senses: tuple[Sense, ...], temperature: float
) -> None:
    answer = found(known, *senses)
    scores = np.array([[each.score for each in answer.ranked]], np.float32)
    assert answer.probability == pytest.approx(softened(scores, temperature)[0, 0], rel=1e-5)
    assert answer.probability is not None
    assert 1 / len(CLASSES) < answer.probability < 1


def test_how_many_classes_are_told_and_in_which_order_they_came_changes_nothing(known: Classifier) -> None:
    features: dict[Sense, F32] = {"audio": np.ones(8, np.float32), "video": np.ones(8, np.float32)}
    whole = known.rank(features, known.candidates(CLASSES)).probability
    assert whole is not None
    turned = known.candidates([*CLASSES[::-1][:-1], f" {CLASSES[0].upper()}"])
    assert known.rank(features, turned, k=1).probability == pytest.approx(whole)


@pytest.mark.parametrize("classes", [CLASSES[:3], OTHERS, ("rain", *CLASSES[1:])])
def test_of_other_classes_than_the_whole_vocabulary_it_is_not_known(known: Classifier, classes: Sequence[str]) -> None:
    assert found(known, classes=classes).probability is None


@pytest.mark.parametrize("beta", [0.0, 0.31])
def test_with_another_beta_it_is_not_known(known: Classifier, beta: float) -> None:
    assert found(known, beta=beta).probability is None


def test_the_bundles_own_beta_may_be_named(known: Classifier) -> None:
    probability = found(known, beta=0.3).probability
    assert probability is not None
    assert probability == found(known).probability


def test_of_a_channel_without_a_temperature_it_is_not_known(known: Classifier) -> None:
    assert found(known, "video").probability is None


def test_by_a_temperature_of_another_number_of_classes_it_is_not_known(tmp_path: Path) -> None:
    assert found(classifier(tmp_path, {"av": fitted(0.7, classes=9)})).probability is None


def test_of_classes_that_are_told_to_be_seen_or_not_it_is_not_known(known: Classifier) -> None:
    features: dict[Sense, F32] = {"audio": np.ones(8, np.float32), "video": np.ones(8, np.float32)}
    among = known.candidates(CLASSES)
    told = {
        flags: known.rank(features, among.seen_as(flags)).probability
        for flags in [(None,) * 4, (True, None, None, False), (None, None, None, True)]
    }
    assert [each is None for each in told.values()] == [False, False, True]
