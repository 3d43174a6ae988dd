"""A vector table in Milvus: filled, followed by several processes, interrupted, and of another history."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from index import filling, placement, shared_table
from index.catalog import changes, collections
from index.catalog.collections import UNFILLED
from index.catalog.database import Database
from index.catalog.schema import changes as change_rows
from index.corrections import Corrections
from index.embedding import Embedding, embeddings
from index.galleries import Galleries
from index.gallery import Gallery
from index.shared_table import SharedTable
from index.tables import VectorTable
from index.vectors.kinds import IndexOptions
from index.vectors.milvus_address import Address
from models.errors import InvalidInput, VectorsUnavailable
from models.hubness import RouteBias
from models.types import F32, I64
from tests.unit.index.world import add, library


@dataclass(frozen=True)
class Place:
    """The space of sound of a gallery's generation, which has a row that says it is in Milvus."""

    database: Database
    gallery: Gallery
    milvus: Address

    @property
    def embedding(self) -> Embedding:
        return self.gallery.active.table("text->audio").embedding

    @property
    def name(self) -> str:
        return collections.name_of(self.gallery.key, 1, space=self.embedding.space)

    def opened(self) -> SharedTable:
        """As a process that starts opens it."""
        found = placement.opened(self.database, self.embedding, generation=(self.gallery.key, 1), milvus=self.milvus)
        assert found is not None
        return found

    def row(self) -> collections.CollectionRow:
        with self.database.reading() as connection:
            return collections.get(connection, self.name)

    def position(self) -> int:
        with self.database.reading() as connection:
            return changes.position(connection, self.gallery.key)

    def check(self, table: SharedTable) -> None:
        """The table holds exactly what the catalog has, vector by vector."""
        with self.database.reading() as connection:
            wanted = self.embedding.windows(connection, self.gallery.key)
            vectors = self.embedding.all_vectors(connection, wanted)
        assert table.ids().tolist() == wanted.tolist()
        assert table.vectors(wanted) == pytest.approx(vectors, abs=1e-6)
        assert len(table) == len(wanted)


Breaking = Callable[[int], SharedTable]


@pytest.fixture
def gallery(galleries: Galleries, tmp_path: Path) -> Gallery:
    """Eight clips under a key that no copy has: all tests share one Milvus."""
    found = galleries.create("demo", "tiny")
    for seed in range(8):
        add(found, tmp_path, seed)
    return found


@pytest.fixture
def place(galleries: Galleries, gallery: Gallery, milvus: Address) -> Place:
    """Of eight clips."""
    found = Place(galleries._stores.database, gallery, milvus)
    with found.database.writing() as connection:
        placement.begin(connection, gallery.key, 1, bundle=gallery.active.bundle, milvus=milvus)
    return found


@pytest.fixture
def breaking(place: Place) -> Breaking:
    """A table whose Milvus goes away after so many vectors were written."""
    from index.vectors.milvus_store import MilvusIndex

    class BreakingIndex(MilvusIndex):
        left = 0

        def put(self, ids: I64, vectors: F32) -> None:
            super().put(ids[: self.left], vectors[: self.left])
            self.left -= len(ids)
            if self.left < 0:
                raise VectorsUnavailable("Milvus went away")

    def make(left: int) -> SharedTable:
        index = BreakingIndex(place.embedding.dim, place.embedding.metric, name=place.name, address=place.milvus)
        index.left = left
        return SharedTable(place.embedding, lambda: index, database=place.database, gallery=place.gallery.key)

    return make


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Milvus is asked again at once after a failure."""
    monkeypatch.setattr(shared_table, "PAUSE_S", 0.0)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three changes, or odd windows, at a time."""
    monkeypatch.setattr(filling, "CHUNK", 3)
    monkeypatch.setattr(changes, "CHUNK", 3)


def test_a_table_holds_what_the_catalog_has_and_finds_what_one_in_the_process_finds(place: Place) -> None:
    table = place.opened()
    place.check(table)
    assert (place.row().point.position, place.row().is_whole) == (8, True)
    assert (table.position, table.kind, table.report) == (8, "milvus-flat", None)
    with place.database.reading() as connection:
        own = VectorTable.built(place.embedding, connection, place.gallery.key, options=IndexOptions())
    queries = np.random.default_rng(0).standard_normal((5, place.embedding.dim), np.float32)
    for allowed in (None, own.ids()[::2]):
        found, expected = (each.search("text->audio", queries, 4, allowed=allowed) for each in (table, own))
        assert found.ids.tolist() == expected.ids.tolist()
        assert found.scores == pytest.approx(expected.scores, abs=1e-5)


def test_a_generation_without_a_row_is_not_in_milvus(place: Place) -> None:
    elsewhere = (place.gallery.key, 2)
    assert placement.opened(place.database, place.embedding, generation=elsewhere, milvus=place.milvus) is None


def test_what_the_catalog_changes_is_taken_in(place: Place, tmp_path: Path) -> None:
    table = place.opened()
    assert not table.follow(place.database, place.gallery.key)
    add(place.gallery, tmp_path, 100, windows=3)
    add(place.gallery, tmp_path, 101, senses=("video",))
    place.gallery.remove(place.gallery.clips()[2].id)
    assert table.follow(place.database, place.gallery.key)
    place.check(table)
    assert table.position == place.row().point.position == place.position()


def test_whoever_comes_second_sees_that_the_first_has_done_it(place: Place, tmp_path: Path, breaking: Breaking) -> None:
    first = place.opened()
    second = breaking(0)  # which cannot write
    second.open()
    add(place.gallery, tmp_path, 100)
    first.follow(place.database, place.gallery.key)
    assert second.follow(place.database, place.gallery.key)
    assert second.position == first.position == place.position()
    place.check(second)


@pytest.mark.usefixtures("small_parts")
def test_two_processes_that_follow_by_turns_have_what_the_catalog_has(place: Place, tmp_path: Path) -> None:
    tables, numbers = [place.opened(), place.opened()], np.random.default_rng(5)
    for turn in range(12):
        if numbers.random() < 0.6:
            add(place.gallery, tmp_path, 200 + turn, windows=int(numbers.integers(1, 5)))
        else:
            clips = place.gallery.clips()
            place.gallery.remove(clips[int(numbers.integers(len(clips)))].id)
        if numbers.random() < 0.7:
            chosen = tables[int(numbers.integers(2))]
            chosen.follow(place.database, place.gallery.key)
            place.check(chosen)
    for each in tables:
        each.follow(place.database, place.gallery.key)
        place.check(each)
        assert each.position == place.position()


def test_a_transaction_that_is_there_already_is_followed_in(place: Place, tmp_path: Path) -> None:
    table = place.opened()
    add(place.gallery, tmp_path, 100)
    with place.database.writing() as connection:
        changes.lock(connection, place.gallery.key)
        assert table.follow_in(connection, place.gallery.key)
        assert not table.follow_in(connection, place.gallery.key)
    place.check(table)
    assert place.row().point.position == place.position()


def test_what_a_transaction_took_in_that_was_given_up_is_taken_in_again(place: Place, tmp_path: Path) -> None:
    first, second = place.opened(), place.opened()
    add(place.gallery, tmp_path, 100)
    with place.database.writing() as connection:
        changes.lock(connection, place.gallery.key)
        first.follow_in(connection, place.gallery.key)
        connection.rollback()
    assert place.row().point.position == 8
    assert second.follow(place.database, place.gallery.key)
    for each in (first, second):
        place.check(each)


@pytest.mark.parametrize("parts", ["one", "small"])
def test_a_killed_builder_s_half_is_filled_on_and_what_went_meanwhile_is_not_in_it(
    place: Place, tmp_path: Path, breaking: Breaking, request: pytest.FixtureRequest, parts: str
) -> None:
    if parts == "small":
        request.getfixturevalue("small_parts")
    half = breaking(5)
    with pytest.raises(VectorsUnavailable, match="went away"):
        half.open()
    assert len(half._reach()) == 5
    assert (place.row().is_whole, place.row().point.position) == (False, 8)
    place.gallery.remove(place.gallery.clips()[0].id)
    add(place.gallery, tmp_path, 100)
    again = breaking(6)  # what is there already is not written again: three were lacking, and there is a new one
    again.open()
    again.follow(place.database, place.gallery.key)
    place.check(again)
    assert place.row().is_whole


@pytest.mark.usefixtures("small_parts")
def test_a_table_that_fails_on_the_way_is_followed_on_from_where_it_was(
    place: Place, tmp_path: Path, breaking: Breaking
) -> None:
    place.opened()
    half = breaking(4)
    half.open()
    add(place.gallery, tmp_path, 100, windows=8)
    with pytest.raises(VectorsUnavailable, match="went away"):
        half.follow(place.database, place.gallery.key)
    assert half.position == place.row().point.position == 11
    other = place.opened()
    other.follow(place.database, place.gallery.key)
    place.check(other)
    assert half.follow(place.database, place.gallery.key)  # which others have done
    assert half.position == place.position()


def test_a_table_that_is_being_filled_anew_by_others_is_not_searched_until_it_is_whole(
    place: Place, tmp_path: Path
) -> None:
    table = place.opened()
    add(place.gallery, tmp_path, 100)
    with place.database.writing() as connection:
        collections.restart(connection, place.name, place.row().point)
    with pytest.raises(VectorsUnavailable, match="filled anew"), place.database.writing() as connection:
        table.follow_in(connection, place.gallery.key)
    assert table.follow(place.database, place.gallery.key)  # which helps
    place.check(table)


def test_a_collection_of_another_history_is_emptied_and_filled_anew(place: Place, tmp_path: Path) -> None:
    table = place.opened()
    with place.database.writing() as connection:
        connection.execute(update(change_rows).values(token=change_rows.c.token + 1))
    strange, rows = np.array([77, 78], np.int64), np.ones((2, place.embedding.dim), np.float32)
    table.open().index.put(strange, rows)
    known = table.ids()[:1]
    table.open().index.put(known, rows[:1])  # as if the id had been another window's
    add(place.gallery, tmp_path, 100)
    table.follow(place.database, place.gallery.key)
    place.check(table)
    table.open().index.put(known, rows[:1])
    with place.database.writing() as connection:
        connection.execute(update(change_rows).values(token=change_rows.c.token + 1))
    place.check(place.opened())


def test_a_catalog_restored_from_a_backup_gets_its_own_vectors(tmp_path: Path, milvus: Address) -> None:
    """The row comes back with the catalog, so its point is of this history: the collection had gone on."""
    galleries = library(tmp_path)
    gallery = galleries.create("demo", "tiny")
    for seed in range(4):
        add(gallery, tmp_path, seed)
    place = Place(galleries._stores.database, gallery, milvus)
    with place.database.writing() as connection:
        placement.begin(connection, gallery.key, 1, bundle=gallery.active.bundle, milvus=milvus)
    table = place.opened()
    galleries.close()
    shutil.copy(tmp_path / "catalog.sqlite", tmp_path / "backup")

    galleries = Galleries.open(tmp_path)
    place = Place(galleries._stores.database, galleries.get("demo"), milvus)
    gone = place.gallery.clips()[0]
    place.gallery.remove(gone.id)
    for seed in (50, 51):
        add(place.gallery, tmp_path, seed)
    table = place.opened()
    table.follow(place.database, place.gallery.key)
    galleries.close()

    for each in tmp_path.glob("catalog.sqlite*"):
        each.unlink()
    shutil.copy(tmp_path / "backup", tmp_path / "catalog.sqlite")
    galleries = Galleries.open(tmp_path)
    place = Place(galleries._stores.database, galleries.get("demo"), milvus)
    add(place.gallery, tmp_path, 60, senses=("video",))  # with the id that the sound of clip 50 had
    add(place.gallery, tmp_path, 61)
    table = place.opened()
    table.follow(place.database, place.gallery.key)
    place.check(table)
    galleries.close()


def test_what_milvus_has_lost_or_has_too_much_is_mended_when_it_is_opened(place: Place) -> None:
    table = place.opened()
    table.open().index.discard(table.ids()[2:4])
    table.open().index.put(np.array([999], np.int64), np.ones((1, place.embedding.dim), np.float32))
    place.check(place.opened())
    table.open().index.drop()
    place.check(place.opened())


def test_what_milvus_loses_while_it_is_searched_is_filled_in_again(place: Place) -> None:
    table = place.opened()
    query = np.ones((1, place.embedding.dim), np.float32)
    before = table.search("text->audio", query, 8).ids.tolist()
    table.open().index.drop()
    with pytest.raises(VectorsUnavailable, match=place.name):
        table.search("text->audio", query, 8)
    assert table.search("text->audio", query, 8).ids.tolist() == before


def test_the_collection_of_a_generation_that_was_given_up_is_not_made_again(place: Place) -> None:
    table, index = place.opened(), place.opened().open().index
    with place.database.writing() as connection:
        collections.disown(connection, place.gallery.key, 1)
    placement.sweep(place.database, place.milvus)
    for _ in range(3):
        with pytest.raises(VectorsUnavailable):
            table.search("text->audio", np.ones((1, place.embedding.dim), np.float32), 3)
    with pytest.raises(VectorsUnavailable, match="given up"):
        table.ids()
    assert not index._collection._client.has_collection(index.name)


def test_a_table_without_an_address_is_unavailable_and_says_why(place: Place) -> None:
    table = placement.opened(place.database, place.embedding, generation=(place.gallery.key, 1), milvus=None)
    assert table is not None
    assert (table.kind, table.position) == ("milvus", -1)
    for ask in (table.ids, table.__len__, lambda: table.follow(place.database, place.gallery.key)):
        with pytest.raises(VectorsUnavailable, match="its vectors lie in Milvus, and milvus_uri does not say where"):
            ask()


def test_collections_of_generations_that_are_gone_are_deleted_and_no_others(place: Place) -> None:
    from index.vectors.milvus_store import MilvusIndex

    table, embedding, bundle = place.opened(), place.embedding, place.gallery.active.bundle
    with place.database.writing() as connection:
        placement.begin(connection, place.gallery.key, 7, bundle=bundle, milvus=place.milvus)
    names = [collections.name_of(place.gallery.key, 7, space=each) for each in embeddings(bundle)]
    left = [MilvusIndex(embedding.dim, embedding.metric, name=each, address=place.milvus) for each in names]
    placement.sweep(place.database, None)  # who does not know where leaves them
    with place.database.reading() as connection:
        assert set(names) <= set(collections.left_over(connection))
    placement.sweep(place.database, place.milvus)
    with place.database.reading() as connection:
        assert collections.left_over(connection) == []
    for each in left:
        with pytest.raises(VectorsUnavailable):
            len(each)
    place.check(table)
    placement.sweep(place.database, place.milvus)


def test_a_number_that_is_given_again_does_not_get_what_lay_there(place: Place) -> None:
    table, bundle = place.opened(), place.gallery.active.bundle
    table.open().index.put(table.ids()[:1], np.ones((1, place.embedding.dim), np.float32))
    with place.database.writing() as connection:
        placement.begin(connection, place.gallery.key, 1, bundle=bundle, milvus=place.milvus)
    assert place.row().point == UNFILLED
    place.check(place.opened())
    with place.database.writing() as connection:
        placement.begin(connection, place.gallery.key, 1, bundle=bundle, milvus=None)
    where = (place.gallery.key, 1)
    assert placement.opened(place.database, place.embedding, generation=where, milvus=place.milvus) is None
    placement.sweep(place.database, place.milvus)
    with place.database.reading() as connection:
        assert collections.left_over(connection) == []


def test_corrected_scores_are_refused_in_milvus(place: Place) -> None:
    bundle, corrections = place.gallery.active.bundle, Corrections(routes={"text->audio": RouteBias(alpha=0.5)})
    with place.database.writing() as connection:
        placement.begin(connection, 1, 1, bundle=bundle, milvus=None, corrections=corrections)
        with pytest.raises(InvalidInput, match="text->audio cannot be corrected in Milvus"):
            placement.begin(connection, 1, 1, bundle=bundle, milvus=place.milvus, corrections=corrections)


def test_milvus_is_left_alone_for_a_while_after_it_failed(
    place: Place, breaking: Breaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = breaking(3)
    query = np.ones((1, place.embedding.dim), np.float32)
    monkeypatch.setattr(shared_table, "PAUSE_S", 1000.0)
    for _ in range(3):  # the second and third time, it would have gone on
        with pytest.raises(VectorsUnavailable, match="went away"):
            table.search("text->audio", query, 3)
    assert len(table._reach()) == 3
    place.opened()
    table._again_at = 0.0
    assert (table.search("text->audio", query, 3).ids >= 0).all()
