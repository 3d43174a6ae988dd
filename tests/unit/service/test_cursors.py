"""Searches that go on by a cursor: nothing twice, nothing missed, nothing forged."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.unit.index.world import clip_features
from tests.unit.service.asking import SEARCH, refused
from tests.unit.service.queries import hits, many_windows, windows
from tests.unit.service.test_search_properties import BY, queries

FEW = settings(max_examples=10)


@pytest.fixture(scope="module")
def client(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with many_windows(pristine, tmp_path_factory.mktemp("cursors")) as client:
        yield client


def first(client: TestClient, **asked: Any) -> Any:
    """A first page, with a cursor."""
    return client.post(SEARCH, json={**asked, "pages": True}).json()


def pages(client: TestClient, page: Any, *, k: int, explain: bool = False) -> Iterator[Any]:
    """This one and those that come after it."""
    yield page
    while page["cursor"] is not None:
        page = client.post(SEARCH, json={"cursor": page["cursor"], "k": k, "explain": explain}).json()
        yield page


def joined(client: TestClient, *, k: int, **asked: Any) -> list[Any]:
    """All hits, page by page."""
    return [hit for page in pages(client, first(client, k=k, **asked), k=k) for hit in page["hits"]]


@FEW
@given(query=queries(), k=st.integers(4, 30), by=BY, offset=st.integers(0, 5))
def test_pages_by_cursor_joined_are_one_large_search(
    client: TestClient, query: dict[str, Any], k: int, by: str, offset: int
) -> None:
    asked = {**query, "by": by, "offset": offset}
    assert joined(client, k=k, **asked) == hits(client, **asked, k=100 - offset)


@FEW
@given(
    query=queries("text->video"), other=queries("text->video"), labels=st.sets(st.integers(0, 2)), k=st.integers(4, 20)
)
def test_several_queries_filters_and_least_scores_hold_on_all_pages(
    client: TestClient, query: dict[str, Any], other: dict[str, Any], labels: set[int], k: int
) -> None:
    asked: dict[str, Any] = {
        "queries": [query, {**other, "weight": -0.5}],
        "label": [f"label {each}" for each in labels],
        "where": [{"path": ["number"], "is": "in", "value": [True, 1, 2.0, "3", *range(4, 19)]}],
    }
    asked["min_score"] = hits(client, **asked, k=30)[-1]["score"]
    assert joined(client, k=k, **asked) == hits(client, **asked, k=100)


def test_an_address_and_an_upload_go_on_without_either(client: TestClient, clip: Path) -> None:
    words = client.get(SEARCH, params={"text": "bell", "k": 4, "pages": True}).json()
    assert [hit for page in pages(client, words, k=7) for hit in page["hits"]] == hits(client, text="bell", k=100)
    form = {"from": "audio", "k": "100"}
    whole = client.post(SEARCH, data=form, files={"file": clip.read_bytes()}).json()
    part = client.post(SEARCH, data={**form, "k": "6", "pages": "true"}, files={"file": clip.read_bytes()}).json()
    found = [hit for page in pages(client, part, k=20) for hit in page["hits"]]
    assert windows(found) == windows(whole["hits"])
    assert (whole["cursor"], part["next"]) == (None, 6)


def test_later_pages_are_explained_as_far_as_the_vector_tells(client: TestClient) -> None:
    (clip,) = {hit["clip"]["id"] for hit in hits(client, text="bell", k=1)}
    page = first(client, clip=clip, to="audio", k=3)
    _, second, *_ = pages(client, page, k=3, explain=True)
    whole = hits(client, clip=clip, to="audio", k=6, explain=True)
    assert second["hits"] == whole[3:]
    assert second["hits"][0]["explanation"]["query_windows"] is not None


def test_clips_that_come_and_go_between_pages_neither_repeat_nor_hide_any_other(pristine: Path, tmp_path: Path) -> None:
    with many_windows(pristine, tmp_path) as client:
        whole = hits(client, text="bell", k=100)
        page = first(client, text="bell", k=10)
        gallery = client.app.state.resources.galleries.get("demo")  # type: ignore[attr-defined]
        for number in range(3):
            (tmp_path / f"new {number}").write_bytes(f"new {number}".encode())
            features = clip_features(number, senses=("video",), windows=40)
            gallery.add(tmp_path / f"new {number}", name="new", labels=[], features=features)
        gone = {page["hits"][0]["clip"]["id"], whole[20]["clip"]["id"]}
        for each in gone:
            gallery.remove(each)
        found = [hit for each in pages(client, page, k=10) for hit in each["hits"]]
    old = [hit["window_id"] for hit in found if hit["clip"]["name"] != "new"]
    assert len(set(windows(found))) == len(found)
    assert old == windows([hit for at, hit in enumerate(whole) if at < 10 or hit["clip"]["id"] not in gone])


def altered(cursor: str, change: Callable[[bytes], bytes]) -> str:
    """Its content changed, and summed anew as whoever forges one would."""
    content = change(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[8:])
    return urlsafe_b64encode(blake2b(content, digest_size=8).digest() + content).decode().rstrip("=")


def swapped(content: bytes) -> tuple[bytes, bytes]:
    """The first digit of the gallery, and another one."""
    start = content.index(b'"gallery":') + len(b'"gallery":')
    found = content[: start + 1]
    return found, found[:-1] + (b"2" if found.endswith(b"1") else b"1")


FORGERIES: dict[str, Callable[[bytes], bytes]] = {
    "another gallery": lambda content: content.replace(*swapped(content)),
    "another generation": lambda content: content.replace(b'"generation":1', b'"generation":2'),
    "no route": lambda content: content.replace(b'"text->video"', b'"text->smell"'),
    "a weight beyond all": lambda content: content.replace(b'"weight":1.0', b'"weight":1e9'),
    "hits that are none": lambda content: content.replace(b'"told":[', b'"told":[-')[:-1],
    "another width": lambda content: content.replace(b'"dim":4', b'"dim":3')[:-4],
    "numbers that are none": lambda content: content[:-4] + b"\xff" * 4,
    "too few numbers": lambda content: content[:-4],
    "half a number": lambda content: content[:-1],
    "no json": lambda content: content.replace(b"{", b"[", 1),
    "another length": lambda content: b"\xff" + content[1:],
    "nothing": lambda content: b"",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_cursor_is_refused(client: TestClient, forgery: str) -> None:
    cursor = first(client, text="bell", to="video", k=3)["cursor"]
    forged = altered(cursor, FORGERIES[forgery])
    assert forged != cursor
    code = "route-missing" if forgery == "no route" else "query-invalid"
    refused(client.post(SEARCH, json={"cursor": forged}), 422, code)


def mistyped(cursor: str) -> str:
    """Begun with another letter than it begins with."""
    return ("B" if cursor[0] == "A" else "A") + cursor[1:]


@pytest.mark.parametrize("change", [lambda text: text[:-4], mistyped, lambda text: text + "AAAA"])
def test_a_cursor_that_was_cut_or_mistyped_is_refused(client: TestClient, change: Callable[[str], str]) -> None:
    cursor = first(client, text="bell", k=3)["cursor"]
    refused(client.post(SEARCH, json={"cursor": change(cursor)}), 422, "query-invalid", "cursor")


@given(text=st.text(max_size=60))
def test_no_other_text_is_a_cursor(client: TestClient, text: str) -> None:
    answer = client.post(SEARCH, json={"cursor": text})
    assert answer.status_code == 422


@pytest.mark.parametrize("beside", [{"text": "bell"}, {"offset": 3}, {"label": ["bell"]}, {"to": "audio"}])
def test_a_cursor_stands_for_all_that_was_asked(client: TestClient, beside: dict[str, Any]) -> None:
    cursor = first(client, text="bell", k=3)["cursor"]
    answer = client.post(SEARCH, json={"cursor": cursor, **beside})
    assert answer.status_code == 422
    assert answer.json()["type"] in ("/problems/query-invalid", "/problems/invalid-request")


def test_a_cursor_is_told_only_where_it_is_asked_for_and_there_is_more(client: TestClient) -> None:
    assert client.get(SEARCH, params={"text": "bell", "k": 3}).json()["cursor"] is None
    assert first(client, text="bell", k=100)["cursor"] is None
