"""Galleries whose vectors lie in Milvus: they answer as others do, and move there and back."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index import archive, filling, shared_table
from index.agreement import agreement
from index.blending import Part
from index.catalog import collections
from index.clips import Hit
from index.deleting import delete
from index.filters import Filter
from index.galleries import Galleries
from index.gallery import Gallery
from index.reindexing import Rules
from index.searching import Search
from index.shared_table import SharedTable
from index.tables import VectorTable
from index.vectors.kinds import IndexOptions
from index.vectors.milvus_address import Address
from models.errors import GalleryNotFound, GenerationWorse, InvalidInput, VectorsUnavailable
from models.hubness import RouteBias
from tests.unit.index.world import add, library, query

ROUTES = ("text->audio", "text->video", "text->av", "audio->video", "video->audio")
ANY = Rules(tolerance=None)
NOWHERE = Address("http://127.0.0.1:1")
"""Where nobody listens."""


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Milvus is asked again at once after a failure."""
    monkeypatch.setattr(shared_table, "PAUSE_S", 0.0)


Open = Callable[[Address | None], Galleries]


@pytest.fixture
def opened(tmp_path: Path, catalog: str | None) -> Iterator[Open]:
    """Opens the data folder, as a process does that has this Milvus or none."""
    made = [library(tmp_path / "data", catalog)]

    def open_(milvus: Address | None) -> Galleries:
        made.append(Galleries.open(tmp_path / "data", catalog, IndexOptions(milvus=milvus)))
        return made[-1]

    yield open_
    for each in made:
        each.close()


@pytest.fixture
def galleries(opened: Open, milvus: Address) -> Galleries:
    return opened(milvus)


@pytest.fixture
def shared(galleries: Galleries, tmp_path: Path) -> Gallery:
    """Eight clips whose vectors lie in Milvus."""
    return filled(galleries.create("demo", "tiny"), tmp_path)


def filled(gallery: Gallery, folder: Path) -> Gallery:
    for seed in range(8):
        add(gallery, folder, seed, windows=1 + seed % 3)
    return gallery


def kinds(gallery: Gallery) -> set[type]:
    return {type(each) for each in gallery.active.tables.values()}


def answers(gallery: Gallery) -> dict[str, list[list[tuple[str, float]]]]:
    """Hits by name and score: whole, of one clip once, and filtered; of words, clips and windows."""

    def told(hits: list[Hit]) -> list[tuple[str, float]]:
        return [(f"{hit.name} at {hit.window.start_s}", round(hit.score, 3)) for hit in hits]

    found: dict[str, list[list[tuple[str, float]]]] = {}
    for route in ROUTES:
        asked = query(3, "text") if route.startswith("text") else query(3, "audio", "video")
        queries = gallery.active.query_vectors(route, {each: rows[None] for each, rows in asked.items()})
        among = Filter(labels_any=("label 1", "label 2"))
        ways = (
            Search(route, 5),
            Search(route, 4, by="clip"),
            Search(route, 50, among),
            Search(route, 3, among, "clip"),
        )
        found[route] = [told(gallery.search_vectors(queries, each)[0]) for each in ways]
    return found


def left_over(gallery: Gallery) -> list[str]:
    with gallery._stores.database.reading() as connection:
        return collections.left_over(connection)


def test_a_gallery_in_milvus_answers_as_one_in_the_process_does_hit_by_hit(
    shared: Gallery, opened: Open, tmp_path: Path
) -> None:
    own = filled(opened(None).create("own", "tiny"), tmp_path)
    assert (kinds(shared), kinds(own)) == ({SharedTable}, {VectorTable})
    assert answers(shared) == answers(own)
    for gallery in (shared, own):
        gallery.remove(gallery.clips()[3].id)
        add(gallery, tmp_path, 31, windows=2)
    found = answers(shared)
    assert found == answers(own)
    assert "clip 31.mp4 at 2.0" in dict(found["text->av"][2])
    window = shared.search("audio->video", query(1, "audio"), k=1)[0].window_id
    other = own.search("audio->video", query(1, "audio"), k=1)[0].window_id
    like, same = (
        [hit.name for hit in gallery.search_window(each, Search("audio->video", 5))]
        for gallery, each in ((shared, window), (own, other))
    )
    assert like == same


def test_several_queries_together_find_the_same_in_milvus(shared: Gallery, opened: Open, tmp_path: Path) -> None:
    own = filled(opened(None).create("own", "tiny"), tmp_path)
    found = []
    for gallery in (shared, own):
        asked = [("text->video", query(3, "text"), 1.0), ("audio->video", query(4, "audio"), -0.4)]
        rows = [(route, {name: row[None] for name, row in each.items()}, weight) for route, each, weight in asked]
        parts = [Part(route, gallery.active.query_vectors(route, each), weight) for route, each, weight in rows]
        vector, blend = gallery.active.blend(parts)
        (hits,) = gallery.search_vectors(vector, Search("text->video", 9, blend=blend))
        found.append([(f"{hit.name} at {hit.window.start_s}", round(hit.score, 3)) for hit in hits])
    assert found[0] == found[1]
    assert len(found[0]) == 9


def test_what_one_process_adds_or_deletes_another_finds_or_misses_at_once(
    shared: Gallery, opened: Open, milvus: Address, tmp_path: Path
) -> None:
    there = opened(milvus).get("demo")

    def found() -> set[str]:
        return {hit.clip_id for hit in there.search("text->av", query(0, "text"), k=100)}

    before = found()
    clip = add(shared, tmp_path, 100)
    assert found() == before | {clip.id}
    shared.remove(clip.id)
    assert found() == before
    gone = sorted(before)[0]
    there.remove(gone)
    assert {hit.clip_id for hit in shared.search("text->av", query(0, "text"), k=100)} == before - {gone}
    assert there.active.position == shared.active.position


def test_two_processes_that_write_search_and_switch_at_once_agree_in_the_end(
    shared: Gallery, opened: Open, milvus: Address, tmp_path: Path
) -> None:
    there = opened(milvus).get("demo")

    def change(gallery: Gallery, first: int) -> None:
        for seed in range(first, first + 6):
            clip = add(gallery, tmp_path, seed)
            assert clip.id in {hit.clip_id for hit in gallery.search("text->av", query(0, "text"), k=100)}
            if seed % 2:
                gallery.remove(clip.id)
                assert clip.id not in {hit.clip_id for hit in gallery.search("text->av", query(0, "text"), k=100)}

    with ThreadPoolExecutor(2) as pool:
        changing = [pool.submit(change, each, first) for each, first in ((shared, 300), (there, 400))]
        shared.reindex("tiny", rules=ANY)
        for each in changing:
            each.result()
    there.close()  # which waits for the switch
    wanted = {clip.id for clip in shared.clips()}
    assert len(wanted) == 14
    for gallery in (shared, there):
        assert {hit.clip_id for hit in gallery.search("text->audio", query(0, "text"), k=100)} == wanted
        with gallery._stores.database.reading() as connection:
            gallery.active.verify(connection)


def test_clips_of_many_windows_are_counted_as_deep_as_milvus_looks(
    shared: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    from index.vectors import milvus_store

    asked = Search("text->av", 6, by="clip")
    queries = shared.active.query_vectors("text->av", {"text": query(0, "text")["text"][None]})
    whole = shared.search_vectors(queries, asked)[0]
    monkeypatch.setattr(milvus_store, "MOST_HITS", 5)
    seen = shared.search_vectors(queries, asked)[0]
    assert 1 <= len(seen) < len(whole) == 6
    assert seen == whole[: len(seen)]


def test_a_gallery_moves_to_milvus_and_back_and_finds_the_same(opened: Open, milvus: Address, tmp_path: Path) -> None:
    first = opened(None)
    own = filled(first.create("demo", "tiny"), tmp_path)
    expected = answers(own)
    first.close()

    second = opened(milvus)
    gallery = second.get("demo")
    assert kinds(gallery) == {VectorTable}  # what is there keeps its place
    gallery.reindex("tiny")
    assert kinds(gallery) == {SharedTable}
    assert answers(gallery) == expected
    report = gallery.generations()[-1].report
    assert report["agreement"] == dict.fromkeys(ROUTES, 1.0)
    assert report["tables"] == {head: {"kind": "milvus-flat"} for head in ("audio", "video", "av")}
    add(gallery, tmp_path, 60)
    assert kinds(gallery) == {SharedTable}
    moved = answers(gallery)
    gallery.roll_back()
    assert kinds(gallery) == {VectorTable}
    assert answers(gallery) == moved
    gallery.roll_back(2)
    second.close()

    third = opened(None)  # where Milvus is not said: the gallery is there, and moves back without it
    gallery = third.get("demo")
    assert len(gallery.clips()) == 9
    with pytest.raises(VectorsUnavailable, match="milvus_uri does not say where"):
        gallery.search("text->av", query(0, "text"), k=1)
    gallery.reindex("tiny")
    assert kinds(gallery) == {VectorTable}
    assert answers(gallery) == moved
    assert gallery.generations()[-1].report["agreement"] == {}


def test_whoever_does_not_agree_with_the_generation_before_is_refused_unless_forced(
    galleries: Galleries, shared: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(100, 112):
        add(shared, tmp_path, seed)

    def forgetful(self: SharedTable, route: str, *args: object, **options: object) -> object:
        found = search(self, route, *args, **options)  # type: ignore[arg-type]
        if self is not old:
            found.ids[:, 0] = -1
        return found

    search, old = SharedTable.search, shared.active.table("text->av")
    monkeypatch.setattr(SharedTable, "search", forgetful)
    with pytest.raises(GenerationWorse, match=r"of the 10 best hits by .*, 0\.\d+ would be the same"):
        shared.reindex("tiny")
    assert (shared.active.number, left_over(shared)) == (1, [])
    shared.reindex("tiny", rules=ANY)
    agreed = shared.generations()[-1].report["agreement"]
    assert isinstance(agreed, dict)
    assert agreed["text->av"] == pytest.approx(0.9)
    with shared._stores.database.reading() as connection:
        other = galleries.create("other", "other").active
        assert agreement(connection, shared.active, other) == {}


def test_a_failure_on_the_way_leaves_the_generation_that_answers_and_nothing_in_milvus(
    shared: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answers(shared)

    def fails(*args: object, **options: object) -> None:
        raise VectorsUnavailable("Milvus went away")

    with monkeypatch.context() as broken:
        broken.setattr(filling.Filling, "_settle", fails)
        with pytest.raises(VectorsUnavailable, match="went away"):
            shared.reindex("other", rules=ANY)
    assert (shared.active.number, len(shared.generations()), left_over(shared)) == (1, 1, [])
    assert answers(shared) == before
    assert shared.reindex("other", rules=ANY).number == 2  # the number of the one that failed
    assert answers(shared) != before


def test_a_reindexing_in_steps_goes_on_with_the_collections_that_it_began(
    shared: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **options: object) -> None:
        raise VectorsUnavailable("Milvus went away")

    steps = shared.stepwise("other", "a job")
    with monkeypatch.context() as broken:
        broken.setattr(filling.Filling, "_settle", fails)
        half = steps.build()
        with pytest.raises(VectorsUnavailable, match="went away"):
            steps.switch(half, expected=1, rules=ANY)
    assert [each.state for each in shared.generations()] == ["ready", "building"]
    steps.switch(steps.build(), expected=1, rules=ANY)
    assert (steps.is_done, shared.active.number, kinds(shared)) == (True, 2, {SharedTable})
    shared.stepwise("tiny", "another").build()
    shared.give_up("another")
    assert (len(shared.generations()), left_over(shared)) == (2, [])


def test_an_imported_gallery_lies_in_milvus_too(galleries: Galleries, shared: Gallery, tmp_path: Path) -> None:
    archive.export(shared._stores, "demo", tmp_path / "demo.tar")
    archive.import_(shared._stores, tmp_path / "demo.tar", name="again")
    again = galleries.get("again")
    assert kinds(again) == {SharedTable}
    assert answers(again) == answers(shared)


def test_collections_of_generations_that_are_not_kept_go_with_the_next(
    galleries: Galleries, shared: Gallery, opened: Open, milvus: Address
) -> None:
    held = shared.active
    shared.reindex("other", rules=Rules(tolerance=None, kept=0))
    assert len(left_over(shared)) == 3
    assert held.search("text->av", np.ones((1, 6), np.float32), 3).ids.min() >= 0  # who has it yet may finish
    shared.reindex("tiny", rules=Rules(tolerance=None, kept=0))
    assert len(left_over(shared)) == 3
    with pytest.raises(VectorsUnavailable):
        held.search("text->av", np.ones((1, 6), np.float32), 3)
    opened(None)  # who does not know where Milvus is leaves them
    assert len(left_over(shared)) == 3
    opened(milvus)
    assert left_over(shared) == []
    assert kinds(shared) == {SharedTable}


def test_who_slept_through_all_switches_answers_soon(shared: Gallery, opened: Open, milvus: Address) -> None:
    asleep = opened(milvus).get("demo")
    for bundle in ("other", "tiny", "other"):
        shared.reindex(bundle, rules=Rules(tolerance=None, kept=0))
    with pytest.raises(VectorsUnavailable):
        asleep.search("text->av", query(0, "text"), k=8)
    asleep.close()  # which waits for what was begun beside
    found, expected = (each.search("text->av", query(0, "text"), k=8) for each in (asleep, shared))
    assert found == expected
    assert asleep.active.number == 4


def test_a_deleted_gallery_leaves_nothing_in_milvus(galleries: Galleries, shared: Gallery) -> None:
    indexes = [each.open().index for each in shared.active.tables.values() if isinstance(each, SharedTable)]
    assert len(indexes) == 3
    delete(shared._stores, "demo")
    for each in indexes:
        with pytest.raises(VectorsUnavailable):
            len(each)
    with pytest.raises(GalleryNotFound):
        galleries.get("demo")


def test_a_milvus_that_is_away_keeps_neither_the_gallery_from_being_written_nor_others_from_answering(
    shared: Gallery, opened: Open, milvus: Address, tmp_path: Path
) -> None:
    own = filled(opened(None).create("own", "tiny"), tmp_path)
    away = opened(NOWHERE)
    assert answers(away.get("own")) == answers(own)
    there = away.get("demo")
    assert there.summary().clips == 8
    clip = add(there, tmp_path, 200)
    there.remove(there.clips()[0].id)
    with pytest.raises(VectorsUnavailable, match=r"Milvus at http://127\.0\.0\.1:1 does not answer"):
        there.search("text->av", query(0, "text"), k=3)
    found = {hit.clip_id for hit in shared.search("text->av", query(0, "text"), k=100)}
    assert found == {each.id for each in there.clips()}
    assert clip.id in found


def test_corrections_are_refused_in_milvus(shared: Gallery) -> None:
    with pytest.raises(InvalidInput, match=r"text->av cannot be corrected in Milvus.*or unset milvus_uri"):
        shared.reindex("tiny", biases={"text->av": RouteBias(alpha=0.5)})
    assert len(shared.generations()) == 1


def test_compacting_compares_the_collections_with_the_catalog(shared: Gallery) -> None:
    before = answers(shared)
    for each in shared.active.tables.values():
        assert isinstance(each, SharedTable)
        each.open().index.discard(each.ids()[:2])
    assert answers(shared) != before
    shared.compact()
    assert answers(shared) == before
