"""Corrected routes where something else happens meanwhile, or something fails: biases are never those of before."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree
from threading import Event

import numpy as np
import pytest

from index import adding, generations
from index.choosing import Wanted
from index.galleries import Galleries
from index.gallery import Gallery
from index.reindexing import Rules
from models.bundle.manifest import EncoderRef
from models.errors import InvalidInput, Unavailable
from models.hubness import RouteBias
from tests.tiny.bundles import tiny_bundle
from tests.tiny.tables import own_tables
from tests.unit.index.corrected import MIXED, STRONG, check
from tests.unit.index.world import add, clip_features, path_of, query

ANY = Rules(tolerance=None)


def test_a_window_that_gets_features_late_has_the_bias_of_its_class(many: Gallery, tmp_path: Path) -> None:
    new = EncoderRef(name="new-video@1", sha256="e" * 64, width=8)
    tiny_bundle(tmp_path / "bundles" / "new", name="new", seed=2, video=new)
    made = {
        path_of(many.media(clip.id)): clip_features(place, senses=tuple(clip.senses))
        for place, clip in many.page(limit=99)
    }
    steps = many.stepwise("new", "a job", MIXED)
    fresh = steps.build()
    steps.switch(fresh, expected=1, rules=ANY, extract=made.__getitem__)
    assert len(fresh.table("text->video")) == 19
    check(many)


@pytest.mark.parametrize("others", [{}, {**MIXED, "text->video": RouteBias(alpha=0.5, neighbours=2, seen=0.8)}])
def test_vectors_that_end_in_other_biases_are_not_those_of_a_generation_of_the_same_number(
    many: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: Wanted
) -> None:
    monkeypatch.setattr(generations, "WORTH", 1)
    many.stepwise("tiny", "a job", MIXED).build()
    (kept,) = (tmp_path / "vectors").glob("*/2")
    copytree(kept, tmp_path / "aside")
    many.give_up("a job")
    copytree(tmp_path / "aside", kept)
    assert many.reindex("tiny", rules=ANY, biases=others).number == 2
    check(many)


@pytest.mark.parametrize("method", ["remove", "replace", "add"])
def test_a_change_that_fails_half_way_is_made_good_by_the_next(
    many: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    many.reindex("tiny", rules=ANY, biases=MIXED)
    table = own_tables(many.active)[many.active.table("audio->video").embedding.space]
    with monkeypatch.context() as patched:
        patched.setattr(table.index, method, refuse)
        for seed in (40, 41):
            with pytest.raises(Unavailable):
                add(many, tmp_path, seed)
    assert table.biasing is not None
    assert table.biasing.state() == {}
    check(many)
    many.remove(many.clips()[3].id)
    check(many)


def refuse(*_: object) -> None:
    raise Unavailable("there is no room")


def test_vectors_of_which_no_bias_can_be_made_are_refused_before_anything_changes(
    many: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many.reindex("tiny", rules=ANY, biases={**MIXED, "video->audio": STRONG})
    with monkeypatch.context() as patched:
        patched.setattr(adding, "LARGEST", np.inf)  # which refuses them sooner, but not what is completed later
        patched.setattr(many.active.bundle, "embed", lambda head, features: np.full((1, 4), 1e20, np.float32))
        with pytest.raises(InvalidInput, match="expected finite vectors"):
            add(many, tmp_path, 40)
    tables = own_tables(many.active).values()
    assert all(table.biasing.state() for table in tables if table.biasing is not None)
    check(many)


def test_a_gallery_of_none_or_one_and_a_bundle_of_no_seen_classes_have_biases(
    galleries: Galleries, tmp_path: Path
) -> None:
    tiny_bundle(tmp_path / "bundles" / "bare", name="bare", seed=2, seen={})
    gallery = galleries.create("demo", "bare")
    wanted: Wanted = {**MIXED, "video->audio": RouteBias(alpha=1.0, neighbours=50), "text->audio": "chosen"}
    gallery.reindex("bare", rules=ANY, biases=wanted)
    assert gallery.active.biases.keys() == {*MIXED, "video->audio"}
    for seed in (1, 2):
        check(gallery)
        clip = add(gallery, tmp_path, seed)
        check(gallery)
        gallery.remove(clip.id)
    check(gallery)


def test_what_came_and_went_between_two_looks_of_another_process_leaves_no_bias(
    many: Gallery, tmp_path: Path, catalog: str | None
) -> None:
    many.reindex("tiny", rules=ANY, biases=MIXED)
    beside = Galleries.open(tmp_path, catalog)
    theirs = beside.get("demo")
    add(many, tmp_path, 40)
    many.remove(add(many, tmp_path, 41).id)
    many.remove(many.clips()[0].id)
    check(theirs)
    beside.close()


def test_threads_may_search_while_clips_come_and_go(many: Gallery, tmp_path: Path) -> None:
    many.reindex("tiny", rules=ANY, biases=MIXED)
    asked, done = query(7, "audio"), Event()

    def ask() -> int:
        turns = 0
        while turns == 0 or not done.is_set():  # a thread may begin when all is done
            hits = many.search("audio->video", asked, k=100)
            assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
            turns += 1
        return turns

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        try:
            for seed in range(40, 43):
                many.remove(add(many, tmp_path, seed).id)
                check(many, "audio->video")
        finally:
            done.set()
        assert all(each.result() for each in asking)
    check(many)
