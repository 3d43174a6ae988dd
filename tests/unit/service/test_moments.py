"""Clips that were found, with the next best of their windows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.unit.service.asking import SEARCH
from tests.unit.service.queries import hits, many_windows, windows


@pytest.fixture(scope="module")
def client(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with many_windows(pristine, tmp_path_factory.mktemp("moments")) as client:
        yield client


def told(hit: dict[str, Any]) -> list[Any]:
    """The windows of a clip that was found, its best first, and their scores."""
    return [(each["window_id"], pytest.approx(each["score"], abs=1e-5)) for each in (hit, *hit["moments"])]


def apart(client: TestClient, hit: dict[str, Any], *, most: int, **asked: Any) -> list[Any]:
    """Of what a search among that clip alone finds, the best that do not overlap."""
    found: list[dict[str, Any]] = []
    for each in hits(client, **asked, among=[hit["clip"]["id"]], k=100):
        if not any(overlap(each["window"], other["window"]) for other in found):
            found.append(each)
    return [(each["window_id"], each["score"]) for each in found[:most]]


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return one["start_s"] + 0.5 < other["end_s"] and other["start_s"] + 0.5 < one["end_s"]


@pytest.mark.parametrize("asked", [{"text": "bell"}, {"window": 9}, {"queries": [{"text": "a"}, {"text": "bell"}]}])
def test_moments_are_the_next_best_windows_of_each_clip(client: TestClient, asked: dict[str, Any]) -> None:
    found = hits(client, **asked, by="clip", moments=2, k=100)
    assert max(len(each["moments"]) for each in found) == 2
    assert [told(each) for each in found] == [apart(client, each, **asked, most=3) for each in found]


def test_none_are_told_unless_they_are_wanted(client: TestClient) -> None:
    assert [each["moments"] for each in hits(client, text="bell", by="clip")] == [[]] * 10


def test_moments_have_to_be_as_good_as_hits(client: TestClient) -> None:
    every = hits(client, text="bell", by="clip", moments=10, k=100)
    scores = sorted(each["score"] for hit in every for each in hit["moments"])
    least = scores[len(scores) // 2]
    found = hits(client, text="bell", by="clip", moments=10, k=100, min_score=least)
    assert sorted(each["score"] for hit in found for each in hit["moments"]) == scores[len(scores) // 2 :]


def test_pages_have_their_own(client: TestClient) -> None:
    whole = hits(client, text="bell", by="clip", moments=3, k=20)
    asked = {"text": "bell", "by": "clip", "moments": 3, "k": 7, "pages": True}
    first = client.post(SEARCH, json=asked).json()
    then = client.post(SEARCH, json={"cursor": first["cursor"], "k": 13, "moments": 3}).json()
    assert first["hits"] + then["hits"] == whole
    assert windows(then["hits"]) == windows(whole)[7:]


def test_an_upload_has_them_too(client: TestClient, clip: Path) -> None:
    form = {"from": "audio", "by": "clip", "moments": "3", "k": "100"}
    found = client.post(SEARCH, data=form, files={"file": clip.read_bytes()}).json()["hits"]
    assert {len(each["moments"]) for each in found} == {0, 1, 2, 3}
