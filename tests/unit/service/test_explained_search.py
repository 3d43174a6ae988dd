"""Searches that say why: asked for in an address, a form, JSON and a batch."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.tiny.bundles import CLASSES
from tests.unit.service.asking import SEARCH, refused, upload


def why(answer: Any) -> list[Any]:
    """The explanations, each of which goes with its hit."""
    found = []
    for hit in answer["hits"]:
        explanation = hit["explanation"]
        assert explanation["raw_score"] - explanation["bias"] == pytest.approx(hit["score"])
        assert explanation["probability"] == hit["probability"]
        assert {each["name"] for each in explanation["words"]["hit"]} < set(CLASSES)
        found.append(explanation)
    assert found
    return found


def test_words(client: TestClient) -> None:
    answer = client.get(SEARCH, params={"text": "bell ringing", "to": "av", "explain": "true"}).json()
    for hit, each in zip(answer["hits"], why(answer), strict=True):
        assert sum(each["parts"].values()) == pytest.approx(hit["score"], abs=1e-3)
        assert each["words"]["query"][0] == {"name": "bell ringing", "score": pytest.approx(0, abs=1e-3)}
        assert each["query_windows"] is None


def test_an_uploaded_clip(client: TestClient, clip: Path) -> None:
    for each in why(upload(client, SEARCH, clip, from_="audio", explain="true").json()):
        assert each["query_window_count"] == 1
        assert each["query_windows"][0]["score"] == pytest.approx(each["raw_score"], abs=1e-4)
        assert len(each["words"]["query"]) == 3


def test_a_stored_clip_a_window_features_and_a_vector(client: TestClient) -> None:
    known = client.get(SEARCH, params={"text": "bell ringing"}).json()["hits"][0]
    queries: list[dict[str, Any]] = [
        {"clip": known["clip"]["id"], "from": "audio"},
        {"window": known["window_id"], "from": "audio"},
        {"features": {"audio": [0.1] * 8}},
        {"vector": [1.0, 2.0, 3.0, 4.0], "route": "audio->video"},
    ]
    for query in queries:
        answer = client.post(SEARCH, json={**query, "explain": True}).json()
        assert answer["route"] == "audio->video"
        stored = bool(query.keys() & {"clip", "window"})
        for each in why(answer):
            assert (each["query_windows"] is not None) is stored
            assert len(each["words"]["query"]) == 3


def test_several_queries(client: TestClient) -> None:
    queries = [{"text": "bell ringing"}, {"text": "dog barking", "weight": -0.2}]
    answer = client.post(SEARCH, json={"queries": queries, "explain": True}).json()
    assert (answer["calibrated_on"], {len(each["query_scores"]) for each in why(answer)}) == (None, {2})


def test_a_batch(client: TestClient) -> None:
    body = {"queries": [{"text": "bell ringing"}, {"text": "dog barking"}], "route": "text->audio", "explain": True}
    answer = client.post(f"{SEARCH}/batch", json=body).json()
    firsts = [why({"hits": hits})[0]["words"]["query"][0]["name"] for hits in answer["answers"]]
    assert firsts == ["bell ringing", "dog barking"]


def test_nothing_is_explained_unasked(client: TestClient) -> None:
    plain = client.get(SEARCH, params={"text": "bell ringing"}).json()
    explained = client.get(SEARCH, params={"text": "bell ringing", "explain": "true"}).json()
    assert {hit["explanation"] for hit in plain["hits"]} == {None}
    for hit in explained["hits"]:
        hit["explanation"] = None
    assert json.dumps(explained["hits"]) == json.dumps(plain["hits"])


def test_explain_is_yes_or_no(client: TestClient) -> None:
    refused(client.get(SEARCH, params={"text": "bell", "explain": "why"}), 422, "query-invalid", "explain: found")
