"""What holds of all searches: filters, pages, least scores, weights, grouping."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.unit.service.asking import SEARCH
from tests.unit.service.queries import CLIPS, WINDOWS, hits, many_windows, scores, windows

ROUTES = ("text->audio", "text->video", "text->av", "audio->video", "video->audio")
DIMS = {"text->av": 6}
SOME = settings(max_examples=20)
NUMBERS = st.integers(0, CLIPS - 1)


@pytest.fixture(scope="module")
def client(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with many_windows(pristine, tmp_path_factory.mktemp("properties")) as client:
        yield client


@st.composite
def queries(draw: st.DrawFn, route: str | None = None) -> dict[str, Any]:
    """A vector of some route."""
    chosen = route or draw(st.sampled_from(ROUTES))
    seed = draw(st.integers(0, 2**31))
    return {"route": chosen, "vector": np.random.default_rng(seed).standard_normal(DIMS.get(chosen, 4)).tolist()}


BY = st.sampled_from(["window", "clip"])


@SOME
@given(
    query=queries(), labels=st.sets(st.integers(0, 2)), low=NUMBERS, high=NUMBERS, names=st.none() | st.sets(NUMBERS)
)
def test_filters_leave_out_what_an_oracle_does_and_nothing_else(
    client: TestClient, query: dict[str, Any], labels: set[int], low: int, high: int, names: set[int] | None
) -> None:
    everything = hits(client, **query, k=100)
    ids = {hit["clip"]["name"]: hit["clip"]["id"] for hit in everything}
    asked: dict[str, Any] = {
        "label": [f"label {each}" for each in labels],
        "where": [
            {"path": ["number"], "is": "ge", "value": low},
            {"path": ["number"], "is": "ne", "value": high},
        ],
        "among": None if names is None else [ids.get(f"{each}.mp4", "gone") for each in names],
    }

    def passes(name: str) -> bool:
        if not name[0].isdigit():  # one of the library's has no number
            return False
        number = int(name.removesuffix(".mp4"))
        is_named = names is None or number in names
        return (not labels or number % 3 in labels) and number >= low and number != high and is_named

    expected = [hit for hit in everything if passes(hit["clip"]["name"])]
    found = hits(client, **query, k=100, **asked)
    assert windows(found) == windows(expected)
    assert [hit["score"] for hit in found] == pytest.approx([hit["score"] for hit in expected], abs=1e-5)


@SOME
@given(query=queries(), k=st.integers(1, 30), by=BY)
def test_pages_have_every_hit_exactly_once(client: TestClient, query: dict[str, Any], k: int, by: str) -> None:
    pages, offset = [], 0
    while offset is not None:
        answer = client.post(SEARCH, json={**query, "k": k, "by": by, "offset": offset}).json()
        assert len(answer["hits"]) == k or answer["next"] is None
        pages += answer["hits"]
        offset = answer["next"]
    whole = hits(client, **query, k=100, by=by)
    assert windows(pages) == windows(whole)
    assert len(set(windows(pages))) == len(pages)


def test_the_last_page_has_no_next_even_if_it_is_full(client: TestClient) -> None:
    count = len(hits(client, text="bell", k=100))
    assert count > sum(WINDOWS) > 6
    for k, expected in ((count, None), (count - 1, count - 1), (100, None)):
        assert client.get(SEARCH, params={"text": "bell", "k": k}).json()["next"] == expected


def test_an_address_and_a_form_have_pages_too(client: TestClient, clip: Path) -> None:
    whole = client.get(SEARCH, params={"text": "bell", "k": 9}).json()["hits"]
    page = client.get(SEARCH, params={"text": "bell", "k": 4, "offset": 3}).json()
    assert (windows(page["hits"]), page["next"]) == (windows(whole)[3:7], 7)
    form = {"from": "audio", "k": "4", "offset": "3"}
    sent = [client.post(SEARCH, data=form, files={"file": clip.read_bytes()}).json() for _ in range(2)]
    assert sent[0]["hits"] == sent[1]["hits"]
    assert sent[0]["next"] == 7


@SOME
@given(query=queries(), place=st.integers(0, 40), k=st.integers(1, 60), by=BY)
def test_a_least_score_cuts_off_what_is_below(
    client: TestClient, query: dict[str, Any], place: int, k: int, by: str
) -> None:
    whole = hits(client, **query, k=k, by=by)
    least = whole[min(place, len(whole) - 1)]["score"]
    answer = client.post(SEARCH, json={**query, "k": k, "by": by, "min_score": least}).json()
    assert windows(answer["hits"]) == windows([hit for hit in whole if hit["score"] >= least])
    if len(answer["hits"]) < k:
        assert answer["next"] is None


@SOME
@given(query=queries(), weight=st.floats(1e-6, 1e6))
def test_one_query_of_any_weight_finds_what_it_finds_alone(
    client: TestClient, query: dict[str, Any], weight: float
) -> None:
    assert hits(client, queries=[{**query, "weight": weight}], k=20) == hits(client, **query, k=20)


@SOME
@given(data=st.data(), route=st.sampled_from(ROUTES), by=BY)
def test_the_order_of_queries_does_not_matter(client: TestClient, data: st.DataObject, route: str, by: str) -> None:
    weights = data.draw(st.permutations([1.0, 2.0, -0.5, 0.25]))
    asked = [{**data.draw(queries(route)), "weight": each} for each in weights]
    one, other = (hits(client, queries=each, k=30, by=by) for each in (asked, asked[::-1]))
    assert [hit["score"] for hit in one] == pytest.approx([hit["score"] for hit in other], abs=1e-4)
    assert len(set(windows(one)) ^ set(windows(other))) <= 2  # where scores are equal but for rounding


@SOME
@given(data=st.data(), route=st.sampled_from(ROUTES), weight=st.floats(-0.9, -0.05))
def test_an_example_that_is_not_liked_takes_most_off_what_is_most_like_it(
    client: TestClient, data: st.DataObject, route: str, weight: float
) -> None:
    query, unliked = data.draw(queries(route)), data.draw(queries(route))
    alone, against = scores(client, **query), scores(client, **unliked)
    together = scores(client, queries=[{**query, "weight": 1.0}, {**unliked, "weight": weight}])
    like, unlike = max(against, key=against.__getitem__), min(against, key=against.__getitem__)

    def ahead(found: dict[int, float]) -> float:
        """How far what is like it is before what is least so, in what is summed."""
        parts = [found[each] if route == "text->av" else found[each] * abs(found[each]) for each in (like, unlike)]
        return parts[0] - parts[1]

    assert ahead(together) * (1 - weight) == pytest.approx(ahead(alone) + weight * ahead(against), rel=1e-3, abs=1e-2)
    assert ahead(together) * (1 - weight) < ahead(alone)


@SOME
@given(query=queries(), k=st.integers(1, 30))
def test_by_clip_each_clip_has_the_score_of_its_best_window(client: TestClient, query: dict[str, Any], k: int) -> None:
    best: dict[str, float] = {}
    for hit in hits(client, **query, k=100):
        best[hit["clip"]["id"]] = max(hit["score"], best.get(hit["clip"]["id"], -np.inf))
    found = hits(client, **query, k=k, by="clip")
    assert [hit["score"] for hit in found] == sorted(best.values(), reverse=True)[:k]
    assert all(hit["score"] == best[hit["clip"]["id"]] for hit in found)
