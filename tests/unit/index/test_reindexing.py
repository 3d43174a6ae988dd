"""Changing a gallery to another bundle while it is used."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import sleep

import pytest

from index.agreement import agreement
from index.catalog.database import Connection
from index.clips import Hit
from index.galleries import Galleries
from index.gallery import Gallery
from index.generations import Generation
from models.errors import BundleNotFound, Conflict, SpaceMismatch
from models.types import F32, Modality
from tests.tiny.bundles import VIDEO, tiny_bundle
from tests.unit.index.world import add, query

QUERY: dict[Modality, F32] = query(0, "text")
PAUSE_S = 0.005
"""Between the searches of one thread: without it three of them are all that the cores do."""


def scores_by_clip(hits: list[Hit]) -> dict[str, float]:
    return {hit.clip_id: round(hit.score, 3) for hit in hits}


def test_a_reindexed_gallery_answers_as_one_made_with_that_bundle(
    galleries: Galleries, gallery: Gallery, tmp_path: Path
) -> None:
    fresh = galleries.create("fresh", "other")
    for seed in range(8):
        add(fresh, tmp_path, seed)
    before = scores_by_clip(gallery.search("text->av", QUERY, k=9))
    assert gallery.reindex("other").number == 2
    after = scores_by_clip(gallery.search("text->av", QUERY, k=9))
    assert after == pytest.approx(scores_by_clip(fresh.search("text->av", QUERY, k=9)), abs=2e-3)
    assert after != before
    assert (gallery.summary().bundle, gallery.summary().generation) == ("other", 2)


def test_the_switch_is_kept_over_a_restart(
    galleries: Galleries, gallery: Gallery, tmp_path: Path, catalog: str | None
) -> None:
    gallery.reindex("other")
    before = gallery.search("text->av", QUERY, k=9)
    galleries.close()
    reopened = Galleries.open(tmp_path, catalog)
    assert reopened.get("demo").summary().bundle == "other"
    assert scores_by_clip(reopened.get("demo").search("text->av", QUERY, k=9)) == pytest.approx(
        scores_by_clip(before), abs=2e-3
    )
    reopened.close()


def test_clips_added_and_deleted_after_the_switch_count(gallery: Gallery, tmp_path: Path) -> None:
    gallery.reindex("other")
    gone, new = gallery.clips()[0], add(gallery, tmp_path, 50)
    gallery.remove(gone.id)
    found = {hit.clip_id for hit in gallery.search("text->av", QUERY, k=20)}
    assert found == {clip.id for clip in gallery.clips()}
    assert new.id in found


def test_clips_that_come_while_hits_are_compared_are_no_reason_to_refuse(
    gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[int]()

    def compare(connection: Connection, before: Generation, fresh: Generation) -> dict[str, float]:
        if not seen:
            for seed in range(50, 58):
                add(gallery, tmp_path, seed)
        seen.append(before.position - fresh.position)
        return agreement(connection, before, fresh)

    monkeypatch.setattr("index.agreement.agreement", compare)
    gallery.reindex("tiny")
    assert len(seen) == 2
    assert seen[0] > seen[1] == 0


def test_a_bundle_for_other_backbones_is_refused_and_nothing_changes(
    galleries: Galleries, gallery: Gallery, tmp_path: Path
) -> None:
    other = VIDEO.model_copy(update={"name": "better-video@2", "sha256": "d" * 64})
    tiny_bundle(tmp_path / "bundles" / "better", name="better", video=other)
    with pytest.raises(SpaceMismatch, match=r"video features of better-video@2 \(sha256 d{12}\).*sha256 b{12}"):
        gallery.reindex("better")
    assert (gallery.summary().bundle, gallery.active.number) == ("tiny", 1)


def test_an_unknown_bundle_is_refused(gallery: Gallery) -> None:
    with pytest.raises(BundleNotFound, match="other, tiny"):
        gallery.reindex("best")


def test_whoever_switches_second_is_told(gallery: Gallery, tmp_path: Path, catalog: str | None) -> None:
    """Two libraries on one folder stand for two processes."""
    elsewhere = Galleries.open(tmp_path, catalog)
    elsewhere.get("demo").reindex("other")
    with pytest.raises(Conflict, match="generation 1 is not the active one"):
        gallery.reindex("other")
    assert elsewhere.get("demo").reindex("tiny").number == 3
    elsewhere.close()


def test_an_answer_asked_of_a_held_generation_is_that_generations(gallery: Gallery) -> None:
    held, before = gallery.active, gallery.search("text->av", QUERY, k=9)
    gallery.reindex("other")
    assert gallery.search("text->av", QUERY, k=9, generation=held) == before
    assert gallery.search("text->av", QUERY, k=9) != before


def test_searches_during_eight_reindexings_never_fail_and_never_mix_two_bundles(gallery: Gallery) -> None:
    whole = {}
    for bundle in ("other", "tiny"):
        gallery.reindex(bundle)
        whole[bundle] = scores_by_clip(gallery.search("text->av", QUERY, k=9))
    assert whole["other"] != whole["tiny"]
    done = Event()

    def look() -> int:
        seen = 0
        while seen == 0 or not done.is_set():  # a thread may begin when all is done
            found = scores_by_clip(gallery.search("text->av", QUERY, k=9))
            assert any(found == pytest.approx(each, abs=2e-3) for each in whole.values())
            seen += 1
            sleep(PAUSE_S)
        return seen

    with ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(look) for _ in range(3)]
        try:
            for turn in range(8):
                gallery.reindex("other" if turn % 2 == 0 else "tiny")
        finally:
            done.set()
        assert all(each.result() > 0 for each in looking)
    assert gallery.active.number == 11


def test_what_is_added_and_deleted_during_reindexings_is_in_the_end_there_and_gone(
    gallery: Gallery, tmp_path: Path
) -> None:
    def change() -> None:
        for seed in range(100, 112):
            clip = add(gallery, tmp_path, seed)
            if seed % 2:
                gallery.remove(clip.id)

    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change)
        for turn in range(8):
            gallery.reindex("other" if turn % 2 == 0 else "tiny")
        changing.result()
    expected = {clip.id for clip in gallery.clips()}
    assert len(expected) == 14
    for route in ("text->audio", "text->video", "text->av"):
        assert {hit.clip_id for hit in gallery.search(route, QUERY, k=100)} == expected
