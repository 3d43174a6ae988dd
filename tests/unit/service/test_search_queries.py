"""Searches in JSON: queries of every kind, several by their weights, and examples of what is liked or not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.unit.service.asking import DEMO, SEARCH, refused, upload
from tests.unit.service.queries import hits, many_windows, scores, windows

BATCH = f"{SEARCH}/batch"
ALL = sum(1 + number % 4 for number in range(20)) + 6
JSON = "application/json"


@pytest.fixture(scope="module")
def client(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with many_windows(pristine, tmp_path_factory.mktemp("queries")) as client:
        yield client


@pytest.fixture(scope="module")
def ids(client: TestClient) -> dict[str, str]:
    """Of each clip, by its name."""
    return {each["name"]: each["id"] for each in client.get(f"{DEMO}/clips").json()["clips"]}


def of_clip(client: TestClient, clip_id: str) -> list[int]:
    """The windows of a clip."""
    return windows(hits(client, text="bell", k=100, among=[clip_id]))


@pytest.mark.parametrize("to", ["audio", "video", "av"])
def test_words_in_json_find_what_they_find_in_an_address(client: TestClient, to: str) -> None:
    alone = client.get(SEARCH, params={"text": "bell ringing", "to": to}).json()
    for route in ({"to": to}, {"route": f"text->{to}"}):
        answer = client.post(SEARCH, json={"text": "bell ringing", **route}).json()
        assert (answer["hits"], answer["route"]) == (alone["hits"], alone["route"])


def test_a_clip_of_the_gallery_finds_what_it_finds_when_it_is_uploaded_but_not_itself(
    client: TestClient, clip: Path, ids: dict[str, str]
) -> None:
    media = client.get(f"{DEMO}/clips/{ids['bell ringing 0.mp4']}/media").content
    path = clip.with_name("again.mp4")
    path.write_bytes(media)
    sent = upload(client, SEARCH, path, from_="audio", k=100).json()["hits"]
    stored = hits(client, clip=ids["bell ringing 0.mp4"], **{"from": "audio"}, k=100)
    own = of_clip(client, ids["bell ringing 0.mp4"])
    assert windows(stored) == [each for each in windows(sent) if each not in own]


def test_a_clip_of_several_windows_asks_with_their_mean_and_finds_none_of_them(
    client: TestClient, ids: dict[str, str]
) -> None:
    clip = ids["7.mp4"]
    own = of_clip(client, clip)
    found = scores(client, route="audio->video", clip=clip)
    gallery = client.app.state.resources.galleries.get("demo")  # type: ignore[attr-defined]
    there = gallery.features("audio")
    mean = np.mean(
        [row for row, window in zip(there.features["audio"], there.windows, strict=True) if window in own], 0
    )
    expected = scores(client, route="audio->video", features={"audio": mean.tolist()})
    assert len(own) == 4
    assert found == pytest.approx({window: each for window, each in expected.items() if window not in own}, abs=1e-5)


def test_a_window_asks_with_the_sense_that_is_named_or_the_other_of_what_is_looked_for(client: TestClient) -> None:
    by_route = hits(client, window=9, route="video->audio")
    assert hits(client, window=9, to="audio") == hits(client, window=9, **{"from": "video"}) == by_route
    assert hits(client, window=9) == hits(client, window=9, route="audio->video")


def test_queries_together_score_the_weighted_mean_of_their_squared_distances(client: TestClient) -> None:
    clip = hits(client, text="bell")[0]["clip"]["id"]
    asked: list[dict[str, Any]] = [{"text": "bell ringing", "weight": 2}, {"window": 9}, {"clip": clip, "weight": -0.5}]
    each = [scores(client, to="video", **{k: v for k, v in one.items() if k != "weight"}) for one in asked]
    answer = client.post(SEARCH, json={"to": "video", "queries": asked, "k": 100}).json()
    found = {hit["window_id"]: hit["score"] for hit in answer["hits"]}
    assert answer["route"] == "text->video + audio->video"
    assert found.keys() == each[0].keys() & each[1].keys() & each[2].keys()
    for window, score in found.items():
        total = (2 * each[0][window] ** 2 + each[1][window] ** 2 - 0.5 * each[2][window] ** 2) / 3.5
        assert score == pytest.approx(-np.sign(total) * np.sqrt(abs(total)), abs=1e-3)


def test_inner_products_may_weigh_against_each_other_as_they_like(client: TestClient) -> None:
    one, other = scores(client, text="bell", to="av"), scores(client, text="dog", to="av")
    for weights in ([1, -1], [1, -3], [0.5, 0.25]):
        queries = [{"text": "bell", "weight": weights[0]}, {"text": "dog", "weight": weights[1]}]
        sizes = sum(map(abs, weights))
        expected = {w: (weights[0] * one[w] + weights[1] * other[w]) / sizes for w in one}
        assert scores(client, to="av", queries=queries) == pytest.approx(expected, abs=1e-4)


def test_what_is_liked_weighs_as_one_and_what_is_not_as_half(client: TestClient, ids: dict[str, str]) -> None:
    liked, unliked = [3, ids["5.mp4"]], [12, 14, ids["9.mp4"]]
    queries = [{"window": 3, "weight": 0.5}, {"clip": ids["5.mp4"], "weight": 0.5}]
    queries += [{("clip" if isinstance(each, str) else "window"): each, "weight": -1 / 6} for each in unliked]
    assert scores(client, like=liked, unlike=unliked) == pytest.approx(scores(client, queries=queries), abs=1e-4)
    with_words = scores(client, text="bell", like=liked, unlike=unliked)
    assert with_words == pytest.approx(scores(client, queries=[{"text": "bell"}, *queries]), abs=1e-4)


def test_a_form_has_further_queries_beside_its_clip(client: TestClient, clip: Path) -> None:
    further = [{"text": "bell", "weight": 0.5}, {"window": 9, "weight": -0.25}]
    answer = upload(client, SEARCH, clip, from_="audio", k="100", weight="2", queries=json.dumps(further))
    sound = {
        hit["window_id"]: hit["score"] for hit in upload(client, SEARCH, clip, from_="audio", k="100").json()["hits"]
    }
    words, window = scores(client, text="bell"), scores(client, window=9)
    found = {hit["window_id"]: hit["score"] for hit in answer.json()["hits"]}
    assert answer.json()["route"] == "audio->video + text->video"
    assert found.keys() == window.keys()
    for each, score in found.items():
        total = (2 * sound[each] ** 2 + 0.5 * words[each] ** 2 - 0.25 * window[each] ** 2) / 2.75
        assert score == pytest.approx(-np.sign(total) * np.sqrt(abs(total)), abs=1e-3)


def test_a_batch_takes_the_same_queries_and_answers_each_as_it_would_be_alone(
    client: TestClient, ids: dict[str, str]
) -> None:
    queries: list[dict[str, Any]] = [
        {"text": "bell"},
        {"clip": ids["5.mp4"]},
        {"window": 9},
        {"queries": [{"text": "bell"}, {"window": 9, "weight": -0.5}]},
        {"like": [3, 4], "unlike": [ids["9.mp4"]]},
        {"text": "dog"},
    ]
    answer = client.post(BATCH, json={"to": "video", "k": 7, "queries": queries, "label": ["label 0", "label 1"]})
    assert answer.status_code == 200, answer.text
    for found, query in zip(answer.json()["answers"], queries, strict=True):
        alone = hits(client, to="video", k=7, label=["label 0", "label 1"], **query)
        assert windows(found) == windows(alone)
        assert [each["score"] for each in found] == pytest.approx([each["score"] for each in alone], abs=1e-4)


def test_what_a_route_cannot_be_asked_with_is_refused_before_anything_is_decoded(
    client: TestClient, tmp_path: Path
) -> None:
    (broken := tmp_path / "broken.mp4").write_bytes(b"no clip")
    further = json.dumps([{"text": "bell", "route": "text->smell"}])
    refused(upload(client, SEARCH, broken, from_="audio", queries=further), 422, "route-missing", "'text->smell'")


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({}, "query-invalid", "exactly one of text, features, vector, window, clip and queries, or like"),
        ({"text": "a", "clip": "b"}, "query-invalid", "exactly one of text"),
        ({"text": "a", "queries": [{"text": "b"}]}, "query-invalid", "exactly one of text"),
        ({"unlike": [3]}, "query-invalid", "or like"),
        ({"queries": []}, "query-invalid", "queries"),
        ({"queries": [{"text": "a"}] * 33}, "query-invalid", "queries"),
        ({"queries": [{"text": "a", "window": 3}]}, "query-invalid", "queries.0"),
        ({"queries": [{"text": "a", "weight": 0}]}, "query-invalid", "a number from 1e-06 to 1e+06 in size"),
        ({"queries": [{"text": "a", "weight": 1e7}]}, "query-invalid", "queries.0.weight"),
        ({"queries": [{"text": "a", "weight": -1}]}, "query-invalid", "sum to more than 0"),
        ({"queries": [{"text": "a"}, {"text": "b", "weight": -1}]}, "query-invalid", "found 1, -1"),
        (
            {"queries": [{"text": "a", "route": "text->audio"}, {"text": "b"}]},
            "query-invalid",
            "several: 'text->audio' (the head 'audio'), 'text->video' (the head 'video')",
        ),
        ({"text": "a", "route": "text->video", "to": "video"}, "query-invalid", "expected route, or from and to"),
        ({"text": "a", "route": "audio->video"}, "query-invalid", "reads audio, found features of text"),
        ({"text": "a", "route": "text->smell"}, "route-missing", "no route 'text->smell'"),
        ({"text": "a", "to": "smell"}, "query-invalid", "'audio', 'video' or 'av'"),
        ({"window": 3, "to": "av"}, "route-missing", "'av->av'"),
        ({"vector": [1.0] * 4}, "query-invalid", "expected a route"),
        ({"vector": [1.0] * 3, "route": "audio->video"}, "query-invalid", "has 4 numbers, found 3"),
        ({"features": {}}, "query-invalid", "features"),
        ({"features": {"audio": [1.0], "text": [1.0]}}, "query-invalid", "no route is asked with audio, text together"),
        ({"clip": "nothing"}, "clip-not-found", "'nothing'"),
        ({"like": [987654]}, "window-not-found", "987654"),
        ({"like": [True]}, "query-invalid", "like.0"),
        ({"text": "a", "offset": 1000}, "query-invalid", "offset"),
        ({"text": "a", "offset": 950, "k": 51}, "query-invalid", "offset and k are 1001 together"),
        ({"text": "a", "min_score": "high"}, "query-invalid", "min_score"),
        ({"text": "a", "min_probability": 1.5}, "query-invalid", "min_probability"),
        ({"queries": [{"text": "a"}, {"text": "b"}], "min_probability": 0.5}, "query-invalid", "no probabilities"),
        ({"text": "a", "txt": "b"}, "query-invalid", "txt"),
        ({"text": "a", "k": 101}, "query-invalid", "k: found 101"),
    ],
)
def test_a_search_that_is_none_is_refused(client: TestClient, body: dict[str, Any], code: str, words: str) -> None:
    refused(client.post(SEARCH, json=body), 404 if code.endswith("not-found") else 422, code, words)


def test_a_clip_without_the_sense_that_it_is_asked_with_is_refused(client: TestClient, ids: dict[str, str]) -> None:
    assert hits(client, clip=ids["19.mp4"], to="audio")
    answer = client.post(SEARCH, json={"clip": ids["19.mp4"], "to": "video"})
    refused(answer, 422, "sense-missing", ids["19.mp4"], "no sound")
    refused(client.post(SEARCH, json={"clip": ids["19.mp4"], "route": "text->video"}), 422, "sense-missing", "words")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"queries": "bell"}, "queries: found 'bell'"),
        ({"queries": '[{"text": ""}]'}, "queries.0.text: found"),
        ({"queries": '[{"text": "a", "weight": 0}]'}, "a JSON list is such as"),
        ({"weight": "0"}, "weight: found"),
        ({"weight": "-1"}, "sum to more than 0"),
    ],
)
def test_a_form_that_weighs_nothing_is_refused(
    client: TestClient, clip: Path, form: dict[str, str], words: str
) -> None:
    refused(upload(client, SEARCH, clip, from_="audio", **form), 422, "query-invalid", words)


def test_a_body_of_another_type_is_refused_naming_both(client: TestClient) -> None:
    for type_ in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = client.post(SEARCH, content=b"text=bell", headers={"content-type": type_})
        refused(answer, 415, "unsupported-media-type", "expected multipart/form-data or application/json")
    refused(client.post(SEARCH, content=b"{", headers={"content-type": JSON}), 400, "bad-request", "JSON")
    assert client.post(SEARCH, content=b'{"text":"a"}', headers={"content-type": f"{JSON}; charset=utf-8"}).is_success


def test_both_bodies_are_described(client: TestClient) -> None:
    description = client.get("/openapi.json").json()
    bodies = description["paths"]["/v1/galleries/{gallery}/search"]["post"]["requestBody"]["content"]
    assert bodies.keys() == {"multipart/form-data", JSON}
    for each in bodies.values():
        assert each["schema"]["$ref"].split("/")[-1] in description["components"]["schemas"]


def test_large_numbers_that_weigh_give_scores_that_are_numbers(client: TestClient) -> None:
    vectors = [{"vector": [1e15] * 4, "route": "audio->video"}, {"vector": [-1e15] * 4, "route": "audio->video"}]
    for weights in ([1, 1], [1, -0.9]):
        queries = [{**each, "weight": weight} for each, weight in zip(vectors, weights, strict=True)]
        found = scores(client, queries=queries)
        assert found
        assert all(isinstance(each, float) and np.isfinite(each) for each in found.values())
