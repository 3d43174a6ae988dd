"""What clips of a gallery show, one or many at once, and their windows."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.tiny.bundles import CLASSES, SEEN, narrowed
from tests.tiny.clips import SOUND_RATE, render, tiny_clip
from tests.unit.service.asking import DEMO, OWN, refused, upload

CLASSIFY = "/v1/classify"
BATCH = f"{CLASSIFY}/batch"
WORDS = ["red lamp", "a drum", "rain", "bell ringing", "siren flashing", "a door"]


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of several windows."""
    return tiny_clip(tmp_path_factory.mktemp("long") / "long.mp4", seconds=23.0)


@pytest.fixture(scope="module")
def stored(client: TestClient) -> dict[str, Any]:
    """A clip of the gallery, with its media as `bytes`."""
    clip: dict[str, Any] = client.get(f"{DEMO}/clips").json()["clips"][0]
    return {**clip, "bytes": client.get(clip["media"]).content}


def ask(client: TestClient, address: str = CLASSIFY, **body: Any) -> Any:
    return client.post(address, json={"gallery": "demo", **body})


def bare(answer: Any) -> dict[str, Any]:
    """An answer without how long it took."""
    assert answer.status_code == 200, answer.json()
    return {key: value for key, value in answer.json().items() if key != "took_ms"}


def ranked(answer: Any) -> dict[str, float]:
    return {each["name"]: each["score"] for each in answer["classes"]}


def test_a_stored_clip_shows_what_it_shows_when_it_is_uploaded(client: TestClient, stored: Any, tmp_path: Path) -> None:
    path = tmp_path / "same.mp4"
    path.write_bytes(stored["bytes"])
    sent = upload(client, CLASSIFY, path, classes=WORDS, gallery="demo", by="window", abstain_below="0.5")
    asked = ask(client, clip=stored["id"], classes=WORDS, by="window", abstain_below=0.5)
    assert bare(asked) == bare(sent)


def test_a_window_shows_what_its_clip_of_one_window_shows(client: TestClient, stored: Any) -> None:
    window = client.get(f"{DEMO}/search", params={"text": "bell", "among": stored["id"]}).json()["hits"][0]["window_id"]
    assert bare(ask(client, window=window)) == bare(ask(client, clip=stored["id"]))


def test_the_bundles_own_classes_as_a_list_give_the_same_answer(client: TestClient, stored: Any) -> None:
    assert bare(ask(client, clip=stored["id"], classes=list(CLASSES))) == bare(ask(client, clip=stored["id"]))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(WORDS))
def test_the_order_of_the_classes_makes_no_difference(client: TestClient, stored: Any, order: list[str]) -> None:
    found, straight = (bare(ask(client, clip=stored["id"], classes=each)) for each in (order, WORDS))
    assert ranked(found) == pytest.approx(ranked(straight), abs=1e-5)
    scores = list(ranked(straight).values())
    if min(a - b for a, b in pairwise(scores)) > 1e-4:
        assert list(ranked(found)) == list(ranked(straight))


def test_the_higher_the_threshold_the_more_abstain_and_nothing_else_changes(client: TestClient, stored: Any) -> None:
    plain = bare(ask(client, clip=stored["id"]))
    margin = plain["margin"]
    first, second = list(ranked(plain).values())[:2]
    assert margin == pytest.approx(first - second)
    thresholds = [0, margin / 2, margin, margin * 1.001, margin * 10]
    found = [bare(ask(client, clip=stored["id"], abstain_below=each)) for each in thresholds]
    assert [each["abstained"] for each in found] == [False, False, False, True, True]
    for each in found:
        assert {**each, "abstained": False} == plain


def test_the_margin_is_that_of_all_classes_however_few_are_told(client: TestClient, stored: Any) -> None:
    assert ask(client, clip=stored["id"], k=1).json()["margin"] == ask(client, clip=stored["id"]).json()["margin"]


def test_one_class_has_no_margin_to_abstain_by(client: TestClient, stored: Any) -> None:
    found = bare(ask(client, clip=stored["id"], classes=["rain"]))
    assert (found["margin"], found["abstained"]) == (None, False)
    answer = ask(client, clip=stored["id"], classes=["rain"], abstain_below=0.1)
    refused(answer, 422, "query-invalid", "abstain_below", "2 classes")


def test_what_was_taken_off_is_told_by_class(client: TestClient, stored: Any) -> None:
    for calibration, beta in (("on", 0.3), ("off", 0.0), (2.5, 2.5), (-1, -1.0)):
        for each in ask(client, clip=stored["id"], calibration=calibration).json()["classes"]:
            assert each["taken_off"] == pytest.approx(beta if each["name"] in SEEN else 0.0)
            assert sum(each["parts"].values()) - each["taken_off"] == pytest.approx(each["score"], abs=1e-4)


def test_each_window_is_ranked_as_if_it_were_alone(own: TestClient, long_clip: Path) -> None:
    added = upload(own, f"{DEMO}/clips", long_clip).json()
    whole = bare(ask(own, clip=added["id"], by="window", classes=WORDS))
    assert len(whole["windows"]) == len(added["windows"]) > 1
    hits = own.get(f"{DEMO}/search", params={"text": "bell", "to": "audio", "among": added["id"], "k": 100}).json()
    ids = {hit["window"]["start_s"]: hit["window_id"] for hit in hits["hits"]}
    for window, known in zip(whole["windows"], added["windows"], strict=True):
        assert {key: window[key] for key in known} == known
        if (window_id := ids.get(window["start_s"])) is not None:
            alone = bare(ask(own, window=window_id, classes=WORDS))
            assert window["ranking"] == {key: alone[key] for key in window["ranking"]}
    assert len(ids) > 1
    assert bare(ask(own, clip=added["id"], classes=WORDS)) == {**whole, "windows": None}


def test_a_window_with_neither_sound_nor_pictures_has_no_ranking(client: TestClient, tmp_path: Path) -> None:
    seconds = np.arange(24 * SOUND_RATE) / SOUND_RATE
    samples = np.where(seconds < 6, np.sin(2 * np.pi * 440 * seconds), 0).astype(np.float32)
    clip = render(tmp_path / "half.mp4", samples=samples)
    windows = bare(upload(client, CLASSIFY, clip, by="window"))["windows"]
    silent = [each["absent"].get("audio") == "silent" for each in windows]
    assert [each["ranking"] is None for each in windows] == silent
    assert True in silent
    assert False in silent


def test_a_stored_clip_that_lacks_what_the_bundle_looks_at_is_refused(own_library: Path, tmp_path: Path) -> None:
    narrowed(own_library / "bundles" / "tiny", "pictures", routes=["text->video", "video->text"])
    clip = tiny_clip(tmp_path / "sound.mp4", seconds=1.0, pictures=False)
    with TestClient(create_app(Settings(data=own_library)), OWN) as own:
        added = upload(own, f"{DEMO}/clips", clip).json()
        assert own.post(f"{DEMO}/reindex", json={"bundle": "pictures", "force": True}).status_code == 200
        refused(ask(own, clip=added["id"]), 422, "sense-missing", "pictures")
        (found,) = ask(own, BATCH, items=[{"clip": added["id"]}]).json()["answers"]
    assert found["problem"]["type"] == "/problems/sense-missing"


def test_a_vocabulary_says_what_counts_as_seen(own: TestClient) -> None:
    clip = own.get(f"{DEMO}/clips").json()["clips"][0]["id"]
    classes = [{"name": SEEN[0], "seen": False}, {"name": "rain", "seen": True}, SEEN[1], "a door"]
    own.put("/v1/vocabularies/kitchen", json={"classes": classes})
    found = ask(own, clip=clip, vocabulary="kitchen", calibration=2).json()
    assert found["vocabulary"] == "kitchen"
    told = {each["name"]: (each["seen"], each["taken_off"]) for each in found["classes"]}
    assert told == {SEEN[0]: (False, 0), "rain": (True, 2), SEEN[1]: (True, 2), "a door": (False, 0)}
    plain = ask(own, clip=clip, classes=[SEEN[0], "rain", SEEN[1], "a door"], calibration="off").json()
    raw = {each["name"]: each["score"] + each["taken_off"] for each in found["classes"]}
    assert raw == pytest.approx(ranked(plain), abs=1e-5)


def test_a_vocabulary_of_the_same_classes_gives_the_same_answer(own: TestClient, clip: Path) -> None:
    own.put("/v1/vocabularies/words", json={"classes": WORDS})
    named = upload(own, CLASSIFY, clip, vocabulary="words")
    listed = upload(own, CLASSIFY, clip, classes=WORDS)
    assert bare(named) == {**bare(listed), "vocabulary": "words"}


def test_a_changed_vocabulary_counts_at_once(own: TestClient, clip: Path) -> None:
    own.put("/v1/vocabularies/words", json={"classes": WORDS})
    assert set(ranked(upload(own, CLASSIFY, clip, vocabulary="words").json())) == set(WORDS)
    own.put("/v1/vocabularies/words", json={"classes": ["snow", {"name": "rain", "seen": True}]})
    found = upload(own, CLASSIFY, clip, vocabulary="words").json()
    assert {each["name"]: each["seen"] for each in found["classes"]} == {"snow": False, "rain": True}


def test_a_list_and_a_vocabulary_are_one_too_many(client: TestClient, clip: Path, stored: Any) -> None:
    for answer in (
        ask(client, clip=stored["id"], classes=["rain"], vocabulary="words"),
        upload(client, CLASSIFY, clip, classes="rain", vocabulary="words"),
    ):
        refused(answer, 422, "query-invalid", "both classes and a vocabulary")
    refused(ask(client, clip=stored["id"], vocabulary="none"), 404, "vocabulary-not-found", "'none'")


def test_many_are_answered_as_each_alone(client: TestClient) -> None:
    clips = [each["id"] for each in client.get(f"{DEMO}/clips").json()["clips"]]
    found = ask(client, BATCH, items=[{"clip": each} for each in clips], classes=WORDS, k=2, by="window").json()
    assert [each["item"] for each in found["answers"]] == clips
    for each in found["answers"]:
        alone = bare(ask(client, clip=each["item"], classes=WORDS, k=2, by="window"))
        assert each == {"item": each["item"], "problem": None, "ranking": {key: alone[key] for key in each["ranking"]}}


def test_what_is_wrong_with_one_of_many_is_its_own_problem(client: TestClient, stored: Any) -> None:
    items = [{"clip": "none"}, {"clip": stored["id"]}, {"window": 2**53 - 1}]
    found = ask(client, BATCH, items=items).json()["answers"]
    kinds = [each["problem"] and each["problem"]["type"] for each in found]
    assert kinds == ["/problems/clip-not-found", None, "/problems/window-not-found"]
    assert [each["ranking"] is None for each in found] == [True, False, True]
    assert found[0]["problem"]["status"] == 404


def test_files_are_answered_as_each_alone_and_a_broken_one_is_its_own_problem(client: TestClient, clip: Path) -> None:
    sent = [
        ("good.mp4", clip.read_bytes()),
        ("bad.mp4", b"no media"),
        ("empty.mp4", b""),
        ("again.mp4", clip.read_bytes()),
    ]
    files = [("files", (name, content, "video/mp4")) for name, content in sent]
    answer = client.post(BATCH, data={"k": "2", "classes": WORDS}, files=files)
    assert answer.status_code == 200, answer.json()
    found = answer.json()["answers"]
    assert [each["item"] for each in found] == [name for name, _ in sent]
    assert [each["problem"] and each["problem"]["type"].rpartition("/")[2] for each in found] == [
        None,
        "media-invalid",
        "media-invalid",
        None,
    ]
    alone = bare(upload(client, CLASSIFY, clip, k="2", classes=WORDS))
    assert found[0]["ranking"] == found[3]["ranking"] == {key: alone[key] for key in found[0]["ranking"]}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "exactly one of clip and window"),
        ({"clip": "a", "window": 1}, "exactly one of clip and window"),
        ({"clip": "a", "classes": []}, "classes"),
        ({"clip": "a", "k": 0}, "k"),
        ({"clip": "a", "by": "second"}, "by"),
        ({"clip": "a", "abstain_below": -1}, "abstain_below"),
        ({"clip": "a", "calibration": "maybe"}, "calibration"),
        ({"clip": "a", "vocabulary": "../up"}, "vocabulary"),
        ({"clip": "a", "file": "b"}, "file"),
    ],
)
def test_what_cannot_be_asked_is_refused(client: TestClient, body: dict[str, Any], word: str) -> None:
    refused(ask(client, **body), 422, "query-invalid", word)


def test_numbers_that_are_none_are_refused(client: TestClient, clip: Path, stored: Any) -> None:
    for each in ("nan", "inf", "-1", "1e10"):
        refused(upload(client, CLASSIFY, clip, abstain_below=each), 422, "query-invalid", "abstain_below")
    for name in ("abstain_below", "calibration"):
        body = json.dumps({"gallery": "demo", "clip": stored["id"]})[:-1] + f', "{name}": 1e999}}'
        answer = client.post(CLASSIFY, content=body, headers={"content-type": "application/json"})
        refused(answer, 422, "query-invalid", name)


def test_a_key_classifies_in_its_own_galleries_only(own: TestClient, clip: Path) -> None:
    stored = own.get(f"{DEMO}/clips").json()["clips"][0]["id"]
    made = own.post("/v1/keys", json={"name": "ada", "scopes": ["search"], "galleries": ["other"]}).json()
    own.headers["authorization"] = f"Bearer {made['key']}"
    for answer in (
        ask(own, clip=stored),
        ask(own, BATCH, items=[{"clip": stored}]),
        upload(own, CLASSIFY, clip, gallery="demo"),
        own.post(BATCH, data={"gallery": "demo"}, files=[("files", ("a.mp4", clip.read_bytes(), "video/mp4"))]),
    ):
        refused(answer, 403, "not-allowed", "'demo'", "other")
    refused(upload(own, CLASSIFY, clip), 404, "gallery-not-found")


def test_more_than_a_hundred_are_refused(client: TestClient, clip: Path) -> None:
    refused(ask(client, BATCH, items=[{"clip": "a"}] * 101), 422, "query-invalid", "items")
    files = [("files", (f"{i}.mp4", b"x", "video/mp4")) for i in range(101)]
    refused(client.post(BATCH, files=files), 413, "too-large", "101 files")


def test_what_is_not_there_is_refused(client: TestClient, stored: Any) -> None:
    refused(ask(client, clip="none"), 404, "clip-not-found")
    refused(ask(client, window=2**53 - 1), 404, "window-not-found")
    refused(client.post(CLASSIFY, json={"gallery": "none", "clip": stored["id"]}), 404, "gallery-not-found", "'none'")
    refused(client.post(BATCH, json={"gallery": "none", "items": [{"clip": "a"}]}), 404, "gallery-not-found", "'none'")
    refused(client.post(CLASSIFY, content=b"x", headers={"content-type": "text/plain"}), 415, "unsupported-media-type")
