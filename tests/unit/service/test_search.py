"""Search by words and by clips."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.unit.service.asking import SEARCH, refused, upload


@pytest.mark.parametrize("to", ["audio", "video", "av"])
def test_words_find_windows_best_first(client: TestClient, to: str) -> None:
    answer = client.get(SEARCH, params={"text": "bell ringing", "to": to}).json()
    scores = [hit["score"] for hit in answer["hits"]]
    assert (answer["gallery"], answer["route"], answer["bundle"]) == ("demo", f"text->{to}", "tiny")
    assert len(scores) == 6
    assert scores == sorted(scores, reverse=True)
    assert answer["took_ms"] > 0


def test_a_hit_names_its_clip_and_its_window(client: TestClient) -> None:
    hit = client.get(SEARCH, params={"text": "dog barking"}).json()["hits"][0]
    assert hit["clip"]["name"].startswith(hit["clip"]["labels"][0])
    assert hit["clip"]["media_type"] == "video/mp4"
    assert hit["window"]["start_s"] == 0
    assert hit["window"]["end_s"] == pytest.approx(1.0, abs=0.1)
    assert client.get(hit["clip"]["media"]).status_code == 200


def test_k_is_how_many_hits_there_are(client: TestClient) -> None:
    everything = client.get(SEARCH, params={"text": "bell", "k": 6}).json()["hits"]
    assert client.get(SEARCH, params={"text": "bell", "k": 2}).json()["hits"] == everything[:2]


def test_a_clip_searches_with_its_sound_for_pictures_and_with_its_pictures_for_sound(
    client: TestClient, clip: Path
) -> None:
    by_sound = upload(client, SEARCH, clip, from_="audio", k=3).json()
    by_pictures = upload(client, SEARCH, clip, from_="video", k=3).json()
    assert (by_sound["route"], by_pictures["route"]) == ("audio->video", "video->audio")
    assert len(by_sound["hits"]) == len(by_pictures["hits"]) == 3


def test_a_sound_without_pictures_searches_too(client: TestClient, sound_clip: Path) -> None:
    assert len(upload(client, SEARCH, sound_clip, from_="audio", type_="audio/mp4").json()["hits"]) == 6


@pytest.mark.parametrize("k", ["0", "-1", "101", "many", "1.5"])
def test_k_out_of_range_is_refused(client: TestClient, k: str) -> None:
    refused(client.get(SEARCH, params={"text": "bell", "k": k}), 422, "query-invalid", "k: found", repr(k))


@pytest.mark.parametrize("text", ["", "   ", "x" * 501])
def test_words_that_are_empty_or_too_many_are_refused(client: TestClient, text: str) -> None:
    refused(client.get(SEARCH, params={"text": text}), 422, "query-invalid", "text: found", "character")


def test_words_that_are_missing_are_refused(client: TestClient) -> None:
    refused(client.get(SEARCH), 422, "query-invalid", "text: found nothing")


def test_a_choice_that_is_not_one_is_refused_naming_the_choices(client: TestClient) -> None:
    answer = client.get(SEARCH, params={"text": "bell", "to": "smell"})
    refused(answer, 422, "query-invalid", "to: found 'smell'", "'audio', 'video' or 'av'")
    assert [fault["parameter"] for fault in answer.json()["faults"]] == ["to"]


@pytest.mark.parametrize("text", ["%00", "%E2%80%8B", "%FF%FE", "%C2%A0"])
def test_words_that_cannot_be_seen_are_refused(client: TestClient, text: str) -> None:
    refused(client.get(f"{SEARCH}?text={text}"), 422, "query-invalid", "text: found", "character")


def test_words_of_any_script_are_searched_with(client: TestClient) -> None:
    for text in ("колокол", "鐘", "\U0001f514", "e\u0301"):
        assert client.get(SEARCH, params={"text": text}).status_code == 200


def test_a_parameter_or_field_that_is_there_twice_is_refused(client: TestClient, clip: Path) -> None:
    refused(client.get(f"{SEARCH}?text=a&text=b"), 422, "query-invalid", "text: found the query parameter 2 times")
    twice = upload(client, SEARCH, clip, from_=["audio", "video"])
    refused(twice, 422, "query-invalid", "from: found the form field 2 times")
    files = [("file", (clip.name, clip.read_bytes(), "video/mp4"))] * 2
    refused(
        client.post(SEARCH, data={"from": "audio"}, files=files),
        422,
        "query-invalid",
        "file: found the form field 2 times",
    )


def test_an_unknown_parameter_is_refused_naming_the_known_ones(client: TestClient) -> None:
    refused(
        client.get(SEARCH, params={"txt": "bell"}),
        422,
        "query-invalid",
        "txt: found an unknown query parameter",
        "by, explain, k, label, max_duration_s, min_duration_s, min_probability, min_score, moments",
        "offset, pages, text, to, where",
    )
    refused(
        client.get("/v1/galleries?page=2"),
        422,
        "query-invalid",
        "page: found an unknown query parameter, expected no query parameter",
    )


def test_an_unknown_form_field_is_refused_naming_the_known_ones(client: TestClient, clip: Path) -> None:
    refused(
        upload(client, SEARCH, clip, form="audio"),
        422,
        "query-invalid",
        "form: found an unknown form field",
        "by, explain, file, from, k, label, max_duration_s, min_duration_s, min_probability, min_score",
        "moments, offset, pages, queries, to, weight, where",
    )


def test_a_gallery_that_is_not_there_is_refused_naming_those_that_are(client: TestClient) -> None:
    answer = client.get("/v1/galleries/none/search", params={"text": "bell"})
    refused(answer, 404, "gallery-not-found", "'none'", "demo")


def test_a_route_that_the_bundle_lacks_is_refused_naming_those_it_has(client: TestClient, clip: Path) -> None:
    refused(upload(client, SEARCH, clip, from_="av"), 422, "route-missing", "'av->av'", "audio->video")


def test_a_clip_that_lacks_what_it_should_search_with_is_refused(
    client: TestClient, silent_clip: Path, sound_clip: Path
) -> None:
    by_sound = upload(client, SEARCH, silent_clip, from_="audio")
    refused(by_sound, 422, "sense-missing", "has pictures and no sound", "from=audio")
    by_pictures = upload(client, SEARCH, sound_clip, from_="video")
    refused(by_pictures, 422, "sense-missing", "has sound and no pictures", "from=video")
