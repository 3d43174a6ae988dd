"""Whatever can be asked of a gallery, asked by the client."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sightsound import Blend, Choosing, Client, Only, Query, ServiceRefused
from sightsound.client.call import Pages
from sightsound.client.calls import search
from sightsound.search_answers import Hit
from tests.unit.service.waiting import PATIENCE_S

WORDS = Query(text="bell ringing")
HOW: Mapping[str, Any] = {"from_": "audio", "explain": True, "moments": 3, "at_once": 7}


def test_every_hit_is_read_page_by_page_as_one_search_tells_them(client: Client) -> None:
    whole = client.search("demo", text="bell ringing", k=100)
    assert (list(client.hits("demo", WORDS, to="video", at_once=2)), whole.next) == (list(whole.hits), None)
    first = client.search("demo", text="bell ringing", k=2)
    assert client.search("demo", text="bell ringing", k=100, offset=2).hits == whole.hits[2:]
    assert (first.hits, first.next) == (whole.hits[:2], 2)


@pytest.mark.parametrize("hits", [search.hits("demo", WORDS, **HOW), search.hits_of_clip("demo", __file__, **HOW)])
def test_further_pages_of_hits_tell_as_much_of_each_as_the_first(hits: Pages[Hit]) -> None:
    first, further = hits.page(None), hits.page("a cursor")
    asked = {name: str(each).lower() for name, each in (first.json or first.form or {}).items()}
    assert {name: str(each).lower() for name, each in (further.json or {}).items()} == {
        "cursor": "a cursor",
        **{name: asked[name] for name in ("k", "explain", "moments")},
    }
    assert asked["moments"] == "3"


def test_hits_say_why_they_were_found(client: Client, clips: list[Path]) -> None:
    told = client.search("demo", text="bell", explain=True).hits[0]
    assert told.explanation is not None
    assert told.explanation.raw_score == pytest.approx(told.score)
    asked = client.search_clip("demo", clips[0], from_="audio", explain=True)
    assert [hit.explanation.query_window_count for hit in asked.hits if hit.explanation] == [1] * len(asked.hits)
    assert client.search("demo", text="bell").hits[0].explanation is None
    batch = client.search_batch("demo", [WORDS], to="video", explain=True)
    assert batch.answers[0][0].explanation is not None


def test_a_clip_asks_together_with_words(client: Client, clips: list[Path]) -> None:
    plain = client.search_clip("demo", clips[0], from_="audio", to="video")
    words = Query(text="bell", route="text->video", weight=3)
    both = client.search_clip("demo", clips[0], from_="audio", to="video", queries=[words], weight=0.5)
    assert [hit.score for hit in both.hits] != [hit.score for hit in plain.hits]


def test_a_batch_has_queries_of_every_shape(client: Client) -> None:
    hit = client.search("demo", text="bell").hits[0]
    shapes: list[Query | Blend] = [
        Query(clip=hit.clip.id),
        Query(window=hit.window_id),
        Query(features={"audio": [0.1] * 8}),
        Query(vector=[0.5] * 4),
        Blend(like=[hit.clip.id, hit.window_id]),
        Blend([Query(window=hit.window_id), Query(window=hit.window_id, weight=0.5)], unlike=[hit.clip.id]),
    ]
    found = client.search_batch("demo", shapes, route="audio->video", only=Only(by="clip")).answers
    assert [len(each) for each in found] == [2, 2, 3, 3, 2, 2]
    assert client.search_batch("demo", [Query(text="a")], to="audio").route == "text->audio"


def test_hits_may_have_to_be_likely(client: Client) -> None:
    with pytest.raises(ServiceRefused, match="probabilit"):
        client.search("demo", text="bell", only=Only(min_probability=0.5))


def test_a_stored_clip_is_classified_as_when_it_is_sent(client: Client, tmp_path: Path) -> None:
    clip = next(iter(client.clips("demo")))
    sent = tmp_path / "clip.mp4"
    client.media(clip, sent)
    told = client.classify(sent, ["a dog", "a bell"], by="window", abstain_below=1e6)
    stored = client.classify_stored("demo", clip.id, Choosing(["a dog", "a bell"], by="window", abstain_below=1e6))
    assert stored.model_copy(update={"took_ms": told.took_ms}) == told
    assert (told.abstained, len(told.windows or ())) == (True, 1)


def test_several_are_classified_each_for_itself(client: Client, clips: list[Path], tmp_path: Path) -> None:
    (tmp_path / "odd.mp4").write_bytes(b"no clip")
    some = Choosing(["a dog", "a bell"], k=1)
    found = client.classify_files([*clips, tmp_path / "odd.mp4"], some).answers
    assert [(each.item, each.ranking is None, each.problem is None) for each in found] == [
        ("700.mp4", False, True),
        ("900.mp4", False, True),
        ("odd.mp4", True, False),
    ]
    stored = client.classify_stored_batch("demo", [next(iter(client.clips("demo"))).id, 1, 9999], some).answers
    assert [each.problem is None for each in stored] == [True, True, False]


def test_vocabularies_are_kept_and_chosen_from(client: Client, clips: list[Path]) -> None:
    made = client.set_vocabulary("kitchen", {"a kettle": True, "a pan, sizzling": None}, if_new=True)
    assert [(each.name, each.seen) for each in made.classes] == [("a kettle", True), ("a pan, sizzling", None)]
    told = client.classify(clips[0], vocabulary="kitchen")
    assert (told.vocabulary, {each.name for each in told.classes}) == ("kitchen", {"a kettle", "a pan, sizzling"})
    client.set_vocabulary("attic", ["dust"])
    assert [each.name for each in client.vocabularies(at_once=1)] == ["attic", "kitchen"]
    assert client.vocabulary("kitchen").etag == made.etag is not None
    client.remove_vocabulary("attic")
    changed = client.set_vocabulary("kitchen", ["a kettle"], if_match=made.etag)
    with pytest.raises(ServiceRefused) as refused:
        client.remove_vocabulary("kitchen", if_match=made.etag)
    assert refused.value.problem.status == 412
    with pytest.raises(ServiceRefused):
        client.set_vocabulary("kitchen", ["other"], if_new=True)
    client.remove_vocabulary("kitchen", if_match=changed.etag)
    assert list(client.vocabularies()) == []


def test_jobs_are_read_page_by_page(client: Client) -> None:
    for _ in range(3):
        client.jobs.wait(client.jobs.compact("demo").id, timeout_s=PATIENCE_S)
    listed = client.jobs.listed(kind="compact", gallery="demo", state="done")
    assert list(client.jobs.every(kind="compact", at_once=1)) == list(listed)
    assert (len(listed), client.jobs.listed(gallery="none")) == (3, ())
