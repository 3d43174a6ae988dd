"""What a clip shows, among known classes and any words."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from index.galleries import Galleries
from models.bundle.store import load_manifest, save
from models.temperature import ClassTemperature, softened
from service.app import create_app
from service.settings import Settings
from tests.tiny.bundles import CLASSES, SEEN
from tests.unit.service.asking import OWN, refused, upload

CLASSIFY = "/v1/classify"


def scores(answer: Any) -> dict[str, float]:
    return {each["name"]: each["score"] for each in answer.json()["classes"]}


def test_the_bundles_vocabulary_is_the_default(client: TestClient, clip: Path) -> None:
    answer = upload(client, CLASSIFY, clip).json()
    assert {each["name"]: each["seen"] for each in answer["classes"]} == {name: name in SEEN for name in CLASSES}
    ranked = [each["score"] for each in answer["classes"]]
    assert ranked == sorted(ranked, reverse=True)
    assert (answer["gallery"], answer["bundle"], answer["channel"], answer["route"]) == (
        "demo",
        "tiny",
        "av",
        "av->text",
    )


def test_the_decider_has_the_larger_part_in_the_margin(client: TestClient, clip: Path) -> None:
    answer = upload(client, CLASSIFY, clip).json()
    first, second = (each["parts"] for each in answer["classes"][:2])
    margins = {sense: first[sense] - second[sense] for sense in ("audio", "video")}
    assert answer["decided_by"] == max(margins, key=lambda sense: margins[sense])


def test_a_clip_of_one_sense_is_looked_at_by_it(client: TestClient, silent_clip: Path, sound_clip: Path) -> None:
    assert upload(client, CLASSIFY, silent_clip).json()["channel"] == "video"
    assert upload(client, CLASSIFY, sound_clip).json()["channel"] == "audio"


def test_classes_are_any_words_and_a_comma_is_a_part_of_a_name(client: TestClient, clip: Path) -> None:
    told = scores(upload(client, CLASSIFY, clip, classes=["red lamp", "a drum, rolling", " rain "]))
    assert set(told) == {"red lamp", "a drum, rolling", "rain"}
    assert set(scores(upload(client, CLASSIFY, clip, classes="dog, barking"))) == {"dog, barking"}


def test_calibration_takes_its_beta_off_seen_classes_only(client: TestClient, clip: Path) -> None:
    on, off, own = (upload(client, CLASSIFY, clip, calibration=how) for how in ("on", "off", "2.5"))
    assert [each.json()["beta"] for each in (on, off, own)] == pytest.approx([0.3, 0.0, 2.5])
    for answer, beta in ((on, 0.3), (own, 2.5)):
        lowered = {name: scores(off)[name] - beta if name in SEEN else scores(off)[name] for name in CLASSES}
        assert scores(answer) == pytest.approx(lowered, abs=1e-5)


def test_k_is_how_many_classes_there_are(client: TestClient, clip: Path) -> None:
    assert list(scores(upload(client, CLASSIFY, clip, k=2))) == list(scores(upload(client, CLASSIFY, clip)))[:2]


def test_a_clip_is_looked_at_by_what_is_asked_for(client: TestClient, clip: Path, sound_clip: Path) -> None:
    for channel in ("audio", "video", "av"):
        assert upload(client, CLASSIFY, clip, channel=channel).json()["route"] == f"{channel}->text"
    refused(upload(client, CLASSIFY, sound_clip, channel="video"), 422, "sense-missing", "sound", "pictures")
    refused(upload(client, CLASSIFY, clip, channel="smell"), 422, "query-invalid", "channel", "audio")


def test_all_of_many_classes_can_be_told_but_not_of_each_window(client: TestClient, clip: Path) -> None:
    words = [f"word {i}" for i in range(150)]
    assert set(scores(upload(client, CLASSIFY, clip, classes=words, k=1000))) == set(words)
    answer = upload(client, CLASSIFY, clip, classes=words, k=101, by="window")
    refused(answer, 422, "query-invalid", "101", "at most 100 classes of each window")


def test_a_calibration_that_is_none_is_refused(client: TestClient, clip: Path) -> None:
    answer = upload(client, CLASSIFY, clip, calibration="maybe")
    refused(answer, 422, "query-invalid", "calibration: found 'maybe'", "expected on, off or a number")


@pytest.mark.parametrize(("classes", "word"), [(["a bell", "", "a drum"], "classes"), (["a bell", "A Bell"], "twice")])
def test_classes_that_are_empty_or_there_twice_are_refused(
    client: TestClient, clip: Path, classes: list[str], word: str
) -> None:
    refused(upload(client, CLASSIFY, clip, classes=classes), 422, "query-invalid", word)


@pytest.mark.parametrize(
    ("classes", "most"), [([f"word {i}" for i in range(1001)], "1000"), (["a bell", "x" * 501], "500 characters")]
)
def test_classes_that_are_too_many_or_too_long_are_refused(
    client: TestClient, clip: Path, classes: list[str], most: str
) -> None:
    refused(upload(client, CLASSIFY, clip, classes=classes), 422, "query-invalid", "classes", f"at most {most}")


def test_a_gallery_that_is_not_there_is_refused(client: TestClient, clip: Path) -> None:
    refused(upload(client, CLASSIFY, clip, gallery="none"), 404, "gallery-not-found", "'none'", "demo")


def test_the_winners_probability_is_told_where_it_is_known(own_library: Path, clip: Path) -> None:
    fitted = ClassTemperature(
        temperature=0.4, clips=9, classes=len(CLASSES), accuracy=0.5, log_loss=1.0, error=0.1, fitted_on="a test"
    )
    bundles = own_library / "bundles"
    made = load_manifest(bundles / "tiny")
    graphs = {name: (bundles / "tiny" / head.file).read_bytes() for name, head in made.heads.items()}
    told = made.model_copy(update={"name": "told", "temperatures": {"av": fitted}})
    save(bundles / "told", told, graphs, "# told\n")
    galleries = Galleries.open(own_library)
    galleries.create("told", "told")
    galleries.close()
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as client:
        answer = upload(client, CLASSIFY, clip, gallery="told", by="window").json()
        some = upload(client, CLASSIFY, clip, gallery="told", classes=list(CLASSES[:3])).json()
        plain = upload(client, CLASSIFY, clip, gallery="demo").json()
    scores = np.array([[each["score"] for each in answer["classes"]]], np.float32)
    assert answer["probability"] == pytest.approx(softened(scores, 0.4)[0, 0], rel=1e-5)
    assert answer["windows"][0]["ranking"]["probability"] == pytest.approx(answer["probability"], rel=1e-5)
    assert (some["probability"], plain["probability"]) == (None, None)
