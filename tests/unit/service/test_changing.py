"""Clips changed, removed together and listed by filters over HTTP, by who has seen them and by who has not."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from index.galleries import Galleries
from service.app import create_app
from service.galleries.changing import merged
from service.settings import Settings
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused

CLIPS = f"{DEMO}/clips"


def listed(client: TestClient, **asked: Any) -> list[Any]:
    found: list[Any] = client.get(CLIPS, params=asked).json()["clips"]
    return found


def hits(client: TestClient, **asked: Any) -> list[Any]:
    found: list[Any] = client.get(SEARCH, params={"text": "bell", "k": 50, **asked}).json()["hits"]
    return found


def test_what_is_said_anew_counts_everywhere_and_in_another_service(own: TestClient, own_library: Path) -> None:
    chosen = listed(own)[2]
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as other:
        assert chosen["id"] in {each["clip"]["id"] for each in hits(other)}
        changed = own.patch(
            f"{CLIPS}/{chosen['id']}", json={"labels": ["new", "two"], "name": "told", "metadata": {"year": 1999}}
        )
        assert changed.status_code == 200
        assert changed.json() == chosen | {"labels": ["new", "two"], "name": "told", "metadata": {"year": 1999}}
        for client in (own, other):
            assert client.get(f"{CLIPS}/{chosen['id']}").json() == changed.json()
            where = json.dumps([{"path": ["year"], "is": "eq", "value": 1999}])
            for asked in ({"label": "new"}, {"where": where}):
                assert {each["clip"]["name"] for each in hits(client, **asked)} == {"told"}
                assert listed(client, **asked) == [changed.json()]
            assert client.get(DEMO).json()["labels"]["new"] == 1


def test_a_patch_is_merged_and_what_it_does_not_name_stays(own: TestClient) -> None:
    address = f"{CLIPS}/{listed(own)[0]['id']}"
    first = {"metadata": {"place": {"city": "Ulm", "river": "Danube"}, "year": 1}, "labels": ["one"]}
    assert own.patch(address, json=first).status_code == 200
    after = own.patch(
        address,
        content=json.dumps({"metadata": {"place": {"city": None, "lake": True}, "year": 2}}),
        headers={"content-type": "application/merge-patch+json"},
    ).json()
    assert after["metadata"] == {"place": {"river": "Danube", "lake": True}, "year": 2}
    assert after["labels"] == ["one"]
    assert own.patch(address, json={}).json() == after
    gone = own.patch(address, json={"metadata": None, "labels": None}).json()
    assert (gone["metadata"], gone["labels"]) == ({}, [])


@pytest.mark.parametrize(
    "odd",
    [
        {"name": None},
        {"name": ""},
        {"name": "x" * 256},
        {"labels": [""]},
        {"labels": "bell"},
        {"metadata": [1]},
        {"metadata": {"x": "y" * 20_000}},
        {"sha256": "0" * 64},
        [],
    ],
)
def test_an_odd_patch_changes_nothing(client: TestClient, odd: Any) -> None:
    before = listed(client)
    answer = client.patch(f"{CLIPS}/{before[0]['id']}", json=odd)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"] in ("/problems/query-invalid", "/problems/invalid-input")
    assert listed(client) == before


def test_a_patch_of_what_is_not_there_and_of_another_type_is_refused(client: TestClient) -> None:
    refused(client.patch(f"{CLIPS}/nothing", json={"labels": []}), 404, "clip-not-found")
    refused(
        client.patch(f"{CLIPS}/nothing", content="{}", headers={"content-type": "text/plain"}),
        415,
        "unsupported-media-type",
        "text/plain",
    )
    refused(
        client.post(f"{CLIPS}/delete", content="{}", headers={"content-type": "application/merge-patch+json"}),
        415,
        "unsupported-media-type",
    )


def test_who_has_not_seen_the_clip_as_it_is_changes_nothing(own: TestClient) -> None:
    address = f"{CLIPS}/{listed(own)[0]['id']}"
    seen = own.get(address).headers["etag"]
    after = own.patch(address, json={"labels": ["one"]}, headers={"if-match": seen})
    assert after.status_code == 200
    assert own.get(address).headers["etag"] == after.headers["etag"] != seen
    late = own.patch(address, json={"labels": ["two"]}, headers={"if-match": seen})
    refused(late, 412, "precondition-failed", seen, after.headers["etag"])
    refused(own.delete(address, headers={"if-match": seen}), 412, "precondition-failed")
    refused(own.delete(address, headers={"if-match": "W/" + after.headers["etag"]}), 412, "precondition-failed")
    assert own.get(address).json() == after.json()
    either = f'"0", {after.headers["etag"]}'
    assert own.patch(address, json={"labels": ["three"]}, headers={"if-match": either}).json()["labels"] == ["three"]
    assert own.delete(address, headers={"if-match": "*"}).status_code == 204


@pytest.mark.parametrize("odd", ["", "abc", '"a" b', '"a'])
def test_an_if_match_that_is_no_list_of_tags_is_refused(client: TestClient, odd: str) -> None:
    address = f"{CLIPS}/{listed(client)[0]['id']}"
    refused(client.patch(address, json={}, headers={"if-match": odd}), 422, "query-invalid", "If-Match")


def test_what_is_known_already_is_not_sent_again(client: TestClient) -> None:
    clip = f"{CLIPS}/{listed(client)[0]['id']}"
    for address in (DEMO, clip, f"{DEMO}/generations/1"):
        first = client.get(address)
        tag = first.headers["etag"]
        for known in (tag, f'"other", W/{tag}', "*"):
            again = client.get(address, headers={"if-none-match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
            assert again.headers["x-content-type-options"] == "nosniff"
        assert client.get(address, headers={"if-none-match": '"other"'}).json() == first.json()
    refused(client.get(f"{CLIPS}/nothing", headers={"if-none-match": "*"}), 404, "clip-not-found")


def test_many_clips_go_at_once(own: TestClient) -> None:
    ids = [each["id"] for each in listed(own)]
    answer = own.post(f"{CLIPS}/delete", json={"ids": [ids[1], "nothing", ids[0], ids[1]]})
    assert answer.status_code == 200
    assert sorted(answer.json()["removed"]) == sorted(ids[:2])
    assert answer.json()["missing"] == ["nothing"]
    assert [each["id"] for each in listed(own)] == ids[2:]
    assert {each["clip"]["id"] for each in hits(own)} == set(ids[2:])
    for odd in ([], ["x"] * 1001, "x", [1]):
        refused(own.post(f"{CLIPS}/delete", json={"ids": odd}), 422, "query-invalid", "ids")


def test_clips_are_listed_as_a_search_narrows_them(client: TestClient) -> None:
    every = listed(client)
    assert listed(client, among=[every[3]["id"], every[1]["id"]]) == [every[1], every[3]]
    assert listed(client, added_from=every[2]["added_at"]) == [
        each for each in every if each["added_at"] >= every[2]["added_at"]
    ]
    assert listed(client, added_to=every[0]["added_at"]) == []
    refused(client.get(CLIPS, params={"where": "no"}), 422, "query-invalid", "where")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_patch_is_merged_as_in_the_examples_of_rfc_7396_appendix_a(target: Any, patch: Any, result: Any) -> None:
    assert merged(target, patch) == result


@given(JSON, JSON)
def test_a_patch_applied_twice_is_applied_once(target: Any, patch: Any) -> None:
    once = merged(target, patch)
    assert merged(once, patch) == once


def test_pages_over_a_gallery_that_changes_have_all_that_stays(own: TestClient, own_library: Path) -> None:
    every = [each["id"] for each in listed(own)]
    elsewhere = Galleries.open(own_library)
    shown, asked = list[str](), {"limit": "2"}
    while True:
        found = own.get(CLIPS, params=asked).json()
        shown += [each["id"] for each in found["clips"]]
        if found["next"] is None:
            break
        asked["cursor"] = found["next"]
        if len(shown) == 2:
            elsewhere.get("demo").remove_all([every[0], every[3]])
    elsewhere.close()
    assert shown == [*every[:3], *every[4:]]
