"""Searches that may find some clips only, or each clip once; and many queries at once."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.tiny.clips import tiny_clip
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused, upload

BATCH = f"{SEARCH}/batch"
CLIPS = f"{DEMO}/clips"


@pytest.fixture(scope="module")
def client(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service whose gallery has, beside six clips, one of 25 s in three windows, of 1999, from Ulm."""
    folder = shutil.copytree(pristine, tmp_path_factory.mktemp("narrowed") / "library")
    long = tiny_clip(tmp_path_factory.mktemp("clips") / "long.mp4", seconds=25.0)
    with TestClient(create_app(Settings(data=folder, job_workers=0)), OWN) as client:
        told: dict[str, Any] = {
            "labels": ["long", "tone"],
            "metadata": json.dumps({"year": 1999, "place": {"city": "Ulm"}}),
        }
        assert upload(client, CLIPS, long, **told).status_code == 201
        yield client


def names(answer: Any) -> set[str]:
    """The names of the clips that were found."""
    assert answer.status_code == 200, answer.text
    return {hit["clip"]["name"] for hit in answer.json()["hits"]}


def by_words(client: TestClient, **asked: Any) -> Any:
    return client.get(SEARCH, params={"text": "bell", "k": 50, **asked})


def test_by_clip_each_clip_is_found_once_by_its_best_window(client: TestClient) -> None:
    windows = by_words(client).json()["hits"]
    clips = by_words(client, by="clip").json()["hits"]
    firsts = list({hit["clip"]["id"]: hit for hit in reversed(windows)}.values())
    assert len(windows) > len(clips) == 7
    assert sorted(clips, key=lambda hit: str(hit["window_id"])) == sorted(firsts, key=lambda hit: str(hit["window_id"]))


def test_labels_take_clips_that_have_any_of_them(client: TestClient) -> None:
    assert names(by_words(client, label="long")) == {"long.mp4"}
    assert names(by_words(client, label=["long", "dog barking"])) == {
        "long.mp4",
        "dog barking 0.mp4",
        "dog barking 1.mp4",
    }
    assert names(by_words(client, label="none")) == set()


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ({"path": ["year"], "is": "lt", "value": 2000}, 1),
        ({"path": ["year"], "is": "gt", "value": 2000}, 0),
        ({"path": ["place", "city"], "is": "in", "value": ["Ulm", "Bonn"]}, 1),
        ({"path": ["year"], "is": "exists", "value": False}, 6),
        ({"path": ["year"], "is": "eq", "value": "1999"}, 0),
    ],
)
def test_conditions_on_metadata_hold(client: TestClient, where: dict[str, Any], count: int) -> None:
    assert len(names(by_words(client, where=json.dumps([where])))) == count


def test_moments_take_what_was_added_in_them(client: TestClient) -> None:
    every = [each for each in client.get(CLIPS).json()["clips"]]
    last = every[-1]["added_at"]
    assert names(by_words(client, added_from=last)) == {"long.mp4"}
    seconds = datetime.fromisoformat(last).timestamp()
    assert len(names(by_words(client, added_to=str(seconds)))) == 6
    assert names(by_words(client, added_to=datetime(2020, 1, 1, tzinfo=UTC).isoformat())) == set()


def test_clips_are_told_apart_by_how_long_they_are(client: TestClient) -> None:
    longest = max(each["duration_s"] for each in client.get(CLIPS).json()["clips"])
    assert names(by_words(client, min_duration_s=longest)) == {"long.mp4"}
    assert len(names(by_words(client, max_duration_s=longest - 0.1))) == 6
    assert names(by_words(client, min_duration_s=longest + 0.1)) == set()


def test_ids_take_those_clips_and_filters_hold_together(client: TestClient) -> None:
    ids = {each["name"]: each["id"] for each in client.get(CLIPS).json()["clips"]}
    some = [ids["long.mp4"], ids["bell ringing 0.mp4"]]
    assert names(by_words(client, among=some)) == {"long.mp4", "bell ringing 0.mp4"}
    assert names(by_words(client, among=some, label="long")) == {"long.mp4"}


def test_a_form_narrows_as_an_address_does(client: TestClient, clip: Path) -> None:
    where = json.dumps([{"path": ["year"], "is": "le", "value": 1999}])
    assert names(upload(client, SEARCH, clip, from_="audio", where=where, by="clip", label=["long", "x"])) == {
        "long.mp4"
    }


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"by": "label"}, "'window' or 'clip'"),
        ({"where": "year < 2000"}, 'a JSON list is such as [{"path"'),
        ({"where": '[{"path": ["a"], "is": "like", "value": 1}]'}, "a JSON list is such as"),
        ({"where": '[{"path": ["a"], "is": "lt", "value": true}]'}, "lt takes a finite number or text"),
        ({"where": '[{"path": [], "is": "lt", "value": 1}]'}, "a condition's path is 1 to"),
        ({"where": '[{"path": ["a"], "is": "eq", "value": NaN}]'}, "a finite number or text"),
        ({"added_from": "yesterday"}, "added_from: found 'yesterday'"),
        ({"added_from": "2020-01-01T00:00:00"}, "a time with its offset"),
        ({"label": "\0"}, "labels_any are text"),
        ({"min_duration_s": "-1"}, "min_duration_s: found '-1'"),
        ({"moments": "3"}, "a hit that is a window has no others beside it; ask by clip"),
    ],
)
def test_what_narrows_nothing_is_refused(client: TestClient, asked: dict[str, str], words: str) -> None:
    refused(by_words(client, **asked), 422, "query-invalid", words)


def test_a_batch_answers_each_query_as_it_would_be_alone(client: TestClient) -> None:
    words = ["bell ringing", "dog barking", "rain"]
    body = {"route": "text->video", "k": 4, "queries": [{"text": each} for each in words]}
    answer = client.post(BATCH, json=body).json()
    alone = [client.get(SEARCH, params={"text": each, "k": 4}).json() for each in words]
    assert (answer["gallery"], answer["route"], answer["bundle"]) == ("demo", "text->video", "tiny")
    for found, expected in zip(answer["answers"], alone, strict=True):
        assert [hit["window_id"] for hit in found] == [hit["window_id"] for hit in expected["hits"]]
        assert [hit["score"] for hit in found] == pytest.approx([hit["score"] for hit in expected["hits"]], abs=1e-5)


def test_features_vectors_and_windows_are_queries(client: TestClient, library: Path) -> None:
    generation = client.app.state.resources.galleries.get("demo").active  # type: ignore[attr-defined]
    feature = np.linspace(-1, 1, 8, dtype=np.float32)
    vector = generation.query_vectors("audio->video", {"audio": feature[None]})[0]
    queries: list[dict[str, Any]] = [
        {"features": {"audio": feature.tolist()}},
        {"window": 3},
        {"vector": vector.tolist()},
    ]
    body = {"route": "audio->video", "k": 50, "by": "window", "queries": queries}
    features, window, vectors = client.post(BATCH, json=body).json()["answers"]
    assert features == vectors
    assert {hit["window_id"] for hit in features} - {hit["window_id"] for hit in window} == {3}


def test_a_batch_is_narrowed_as_a_whole(client: TestClient) -> None:
    narrow = {"label": ["long"], "where": [{"path": ["year"], "is": "eq", "value": 1999}], "by": "clip"}
    body = {"route": "text->av", "queries": [{"text": "bell"}, {"text": "dog"}], **narrow}
    assert [[hit["clip"]["name"] for hit in each] for each in client.post(BATCH, json=body).json()["answers"]] == [
        ["long.mp4"]
    ] * 2
    assert client.post(BATCH, json={**body, "among": []}).json()["answers"] == [[], []]


@pytest.mark.parametrize(
    ("query", "status", "code", "words"),
    [
        ({}, 422, "query-invalid", "exactly one of text, features, vector, window, clip and queries"),
        (
            {"text": "a", "window": 1},
            422,
            "query-invalid",
            "exactly one of text, features, vector, window, clip and queries",
        ),
        ({"vector": [1.0, 2.0]}, 422, "query-invalid", "has 4 numbers, found 2"),
        ({"vector": [1e30] * 4}, 422, "query-invalid", "queries.0.vector.0"),
        ({"features": {"audio": [1.0]}}, 422, "invalid-input", "audio"),
        ({"features": {"video": [1.0] * 8}}, 422, "query-invalid", "reads audio, found features of video"),
        ({"features": {"audio": [1.0] * 8, "text": [1.0]}}, 422, "query-invalid", "found features of audio, text"),
        ({"window": 999_999}, 404, "window-not-found", "999999"),
        ({"window": 2**53}, 422, "query-invalid", "queries.0.window"),
        ({"txt": "a"}, 422, "query-invalid", "txt"),
    ],
)
def test_a_query_that_is_none_is_refused(
    client: TestClient, query: dict[str, Any], status: int, code: str, words: str
) -> None:
    answer = client.post(BATCH, json={"route": "audio->video", "queries": [{"window": 1}, query][::-1]})
    refused(answer, status, code, words)


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"route": "text->smell", "queries": [{"text": "a"}]}, "route-missing", "text->smell"),
        ({"route": "text->video", "queries": []}, "query-invalid", "queries"),
        ({"route": "text->video", "queries": [{"text": "a"}] * 101}, "query-invalid", "queries"),
        ({"route": "text->video", "queries": [{"text": "a"}], "k": 101}, "query-invalid", "k: found 101"),
        ({"route": "audio->video", "queries": [{"text": "a"}]}, "query-invalid", "reads audio, found features of text"),
    ],
)
def test_a_batch_that_cannot_be_searched_is_refused(
    client: TestClient, body: dict[str, Any], code: str, words: str
) -> None:
    refused(client.post(BATCH, json=body), 422, code, words)


def test_large_numbers_give_scores_that_are_numbers(client: TestClient) -> None:
    for query in ({"vector": [1e15] * 4}, {"features": {"audio": [-1e15] * 8}}):
        hits = client.post(BATCH, json={"route": "audio->video", "queries": [query]}).json()["answers"][0]
        assert hits
        assert all(isinstance(hit["score"], float) for hit in hits)
