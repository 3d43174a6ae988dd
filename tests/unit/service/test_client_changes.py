"""The Python client where it changes things and narrows searches."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.app import create_app
from service.settings import Settings
from sightsound import Client, Only, Query, RouteBias, ServiceRefused
from tests.unit.service.running import running


@pytest.fixture
def own(own_library: Path) -> Iterator[Client]:
    """A client of a service whose gallery a test may change."""
    with running(create_app(Settings(data=own_library, job_workers=0))) as address, Client(address) as client:
        yield client


def test_clips_are_added_found_by_what_is_said_of_them_and_removed(own: Client, clip: Path) -> None:
    made = own.add_clip("demo", clip, ["one", "two"], metadata={"year": 1999})
    assert (made.labels, made.metadata, made.added_at.tzinfo) == (("one", "two"), {"year": 1999}, UTC)
    narrow = Only(
        by="clip",
        label=["two", "three"],
        where=[{"path": ["year"], "is": "ge", "value": 1999}],
        added_from=made.added_at,
        added_to=datetime(2100, 1, 1, tzinfo=UTC),
        among=[made.id],
    )
    by_words = own.search("demo", text="bell", only=narrow)
    by_clip = own.search_clip("demo", clip, from_="video", only=narrow)
    by_batch = own.search_batch("demo", [Query(text="bell"), Query(text="dog")], route="text->av", only=narrow)
    found = [*by_words.hits, *by_clip.hits, *(hit for hits in by_batch.answers for hit in hits)]
    assert [hit.clip.id for hit in found] == [made.id] * 4
    own.remove_clip("demo", made.id)
    assert own.search("demo", text="bell", only=narrow).hits == ()
    with pytest.raises(ServiceRefused, match=made.id):
        own.remove_clip("demo", made.id)


def test_vectors_features_and_windows_are_queries(own: Client) -> None:
    queries = [Query(vector=[0.5] * 4), Query(features={"audio": [0.1] * 8}), Query(window=2)]
    answer = own.search_batch("demo", queries, route="audio->video", k=6)
    assert [len(each) for each in answer.answers] == [6, 6, 5]


def test_all_clips_are_read_and_those_of_a_label(own: Client) -> None:
    assert len(list(own.clips("demo"))) == 6
    assert {each.labels for each in own.clips("demo", label="dog barking")} == {("dog barking",)}


def test_a_gallery_goes_to_another_bundle_and_back(own: Client) -> None:
    assert own.reindex("demo", "other", force=True).generation == 2
    assert own.reindex("demo", tolerance=0.3).generation == 3
    assert [each.report.get("tolerance") for each in own.generations("demo")] == [None, None, 0.3]
    assert (own.roll_back("demo").bundle, own.roll_back("demo", 1).bundle) == ("other", "tiny")
    assert [each.number for each in own.generations("demo") if each.active] == [1]


def test_routes_are_corrected_when_a_client_asks_for_it(own: Client) -> None:
    own.reindex("demo", force=True, biases={"audio->video": RouteBias(alpha=0.5), "text->av": "chosen"})
    assert own.generations("demo")[-1].biases == {"audio->video": RouteBias(alpha=0.5, neighbours=10)}
    own.reindex("demo", force=True, biases={})
    assert own.generations("demo")[-1].biases == {}
