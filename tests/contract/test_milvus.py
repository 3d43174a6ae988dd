"""The contract of vector indexes kept by Milvus, on milvus-lite: one process, one file; and what is Milvus' own."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from milvus_lite.server_manager import server_manager_instance as lite
from pymilvus import MilvusException

from index.vectors import milvus_store
from index.vectors.exact import ExactIndex
from index.vectors.milvus_address import Address
from index.vectors.milvus_collection import MilvusCollection, answering, drop
from index.vectors.milvus_store import MOST_HITS, MilvusIndex
from models.errors import Conflict, InvalidInput, SpaceMismatch, Unavailable
from models.types import F32, I64, Metric
from tests.contract.test_vectors import DIM, Build, checks, filled, ids, metric, rows

__all__ = ["metric"]

globals().update(checks())  # run by the fixture `build` below


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A milvus-lite of this module's own, stopped at the end."""
    file = str(tmp_path_factory.mktemp("milvus") / "tables.db")
    yield Address(file)
    lite.release_server(file)


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return count()


@pytest.fixture
def build(address: Address, numbers: Iterator[int]) -> Iterator[Build]:
    """Makes a collection of a new name each time, and closes them all."""
    made: list[MilvusIndex] = []

    def make(dim: int, by: Metric) -> MilvusIndex:
        made.append(MilvusIndex(dim, by, name=f"table_{next(numbers)}", address=address))
        return made[-1]

    yield make
    for each in made:
        each.close()


def opened(address: Address, name: str, *, dim: int = DIM, by: Metric = Metric.EUCLIDEAN) -> MilvusIndex:
    return MilvusIndex(dim, by, name=name, address=address)


def test_removing_is_as_if_it_had_never_been_there(build: Build, metric: Metric) -> None:
    vectors, queries = rows(30), rows(4, 9)
    gone = np.random.default_rng(1).permutation(30)[:12].astype(np.int64)
    index, other = build(DIM, metric), ExactIndex(DIM, metric)
    index.add(np.arange(30, dtype=np.int64), vectors)
    kept = np.setdiff1d(np.arange(30), gone)
    other.add(kept, vectors[kept])
    assert index.remove(np.append(gone, [777, gone[0]])) == 12
    assert index.search(queries, 35).ids.tolist() == other.search(queries, 35).ids.tolist()
    assert index.ids().tolist() == kept.tolist()
    assert len(index) == 18
    assert index.remove(gone) == 0


def test_permuting_the_gallery_permutes_the_hits(build: Build, metric: Metric) -> None:
    vectors, order = rows(40), np.random.default_rng(2).permutation(40)
    straight, shuffled = build(DIM, metric), build(DIM, metric)
    straight.add(np.arange(40, dtype=np.int64), vectors)
    shuffled.add(np.arange(40, dtype=np.int64), vectors[order])
    found = shuffled.search(rows(3, 5), 9)
    assert order[found.ids].tolist() == straight.search(rows(3, 5), 9).ids.tolist()


def test_equal_vectors_come_in_the_order_of_their_ids(build: Build, metric: Metric) -> None:
    index = build(DIM, metric)
    index.add(np.array([9, 3, 7, 5], np.int64), np.repeat(rows(1), 4, axis=0))
    assert index.search(rows(1), 4).ids.tolist() == [[3, 5, 7, 9]]
    assert index.ids().tolist() == [3, 5, 7, 9]


def test_vectors_are_those_of_the_oracle(build: Build, metric: Metric) -> None:
    index, exact = filled(build, metric, rows(20)), filled(ExactIndex, metric, rows(20))
    wanted = np.array([115, 100, 107, 100], np.int64)
    assert (index.vectors(wanted) == exact.vectors(wanted)).all()
    assert index.vectors(wanted[:0]).shape == (0, DIM)
    with pytest.raises(InvalidInput, match="no vector with the id 999"):
        index.vectors(np.array([100, 999], np.int64))


def test_everything_is_the_same_in_small_messages(
    build: Build, metric: Metric, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milvus_store, "MOST_IDS", 7)
    monkeypatch.setattr(milvus_store, "FEW", 5)
    index, exact = filled(build, metric, rows(60)), filled(ExactIndex, metric, rows(60))
    allowed = ids(40, 90)[::-1]
    assert index.search(rows(9, 1), 12).ids.tolist() == exact.search(rows(9, 1), 12).ids.tolist()
    for among in (allowed, allowed[:3]):
        found, expected = (each.search(rows(9, 1), 12, allowed=among) for each in (index, exact))
        assert found.ids.tolist() == expected.ids.tolist()
        assert found.scores == pytest.approx(expected.scores, abs=1e-4)
    assert index.ids().tolist() == exact.ids().tolist()
    assert (index.vectors(allowed[:20]) == exact.vectors(allowed[:20])).all()
    assert index.remove(ids(30)) == 30
    assert len(index) == 30


def test_a_k_beyond_what_milvus_gives_pads_a_small_table_and_is_refused_for_a_large_one(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = filled(build, Metric.INNER, rows(12))
    assert (index.search(rows(1), MOST_HITS + 1).ids[0] >= 0).sum() == 12
    monkeypatch.setattr(milvus_store, "MOST_HITS", 10)
    with pytest.raises(InvalidInput, match="at most 10 at a time, found k = 11"):
        index.search(rows(1), 11)
    assert (index.search(rows(1), 11, allowed=ids(11)).ids >= 0).all()


def test_what_was_added_is_there_for_another_client_and_refused_from_it(address: Address) -> None:
    with_many = opened(address, "shared")
    with_many.add(ids(20), rows(20))
    other = opened(address, "shared")
    assert other.ids().tolist() == ids(20).tolist()
    with pytest.raises(Conflict, match="100"):
        other.add(ids(1), rows(1))
    for each in (with_many, other):
        each.close()


def test_an_addition_that_fails_halfway_leaves_nothing(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    insert = MilvusCollection.insert

    def breaking(self: MilvusCollection, ids: I64, vectors: F32) -> None:
        insert(self, ids[:2], vectors[:2])
        assert self.count() == 2
        raise Unavailable("the rest did not go through")

    monkeypatch.setattr(MilvusCollection, "insert", breaking)
    index = opened(address, "halfway")
    with pytest.raises(Unavailable, match="the rest"):
        index.add(ids(5), rows(5))
    assert index.ids().tolist() == []
    index.close()


def test_what_is_put_is_there_once_with_its_last_vector(build: Build, metric: Metric) -> None:
    index, exact = build(DIM, metric), ExactIndex(DIM, metric)
    assert isinstance(index, MilvusIndex)
    index.put(ids(8), rows(8))
    index.put(ids(12, first=104), rows(12, 1))
    index.put(ids(12, first=104), rows(12, 1))
    exact.add(ids(4), rows(8)[:4])
    exact.add(ids(12, first=104), rows(12, 1))
    assert index.ids().tolist() == exact.ids().tolist()
    assert len(index) == 16
    assert index.vectors(exact.ids()) == pytest.approx(exact.vectors(exact.ids()), abs=1e-6)
    found, expected = index.search(rows(3, 2), 16), exact.search(rows(3, 2), 16)
    assert found.ids.tolist() == expected.ids.tolist()
    assert found.scores == pytest.approx(expected.scores, abs=1e-4)


def test_what_is_put_is_checked_as_what_is_added(build: Build) -> None:
    index = build(DIM, Metric.INNER)
    assert isinstance(index, MilvusIndex)
    for numbers, vectors in ((ids(2), rows(2) * np.nan), (ids(2), rows(2)[:, 1:]), (ids(2), rows(3))):
        with pytest.raises(InvalidInput):
            index.put(numbers, vectors)
    with pytest.raises(Conflict):
        index.put(ids(2)[[0, 0]], rows(2))
    assert len(index) == 0


def test_what_is_discarded_is_gone_whether_it_was_there_or_not(build: Build) -> None:
    index = build(DIM, Metric.INNER)
    assert isinstance(index, MilvusIndex)
    index.put(ids(4), rows(4))
    index.discard(np.array([101, 999, 103], np.int64))
    index.discard(np.empty(0, np.int64))
    assert index.ids().tolist() == [100, 102]
    assert index.known(np.array([100, 101, 102, 999], np.int64)).tolist() == [True, False, True, False]
    index.clear()
    assert index.ids().tolist() == []
    index.add(ids(2), rows(2))
    assert len(index) == 2


def test_a_collection_is_dropped_by_its_name_whether_it_is_there_or_not(address: Address) -> None:
    opened(address, "named").close()
    for _ in range(2):
        drop(address, "named")
    again = opened(address, "named", dim=DIM + 1)  # else it would be refused
    again.close()


def test_a_dropped_table_starts_empty(address: Address) -> None:
    index = opened(address, "dropped")
    index.add(ids(3), rows(3))
    index.drop()
    with pytest.raises(Unavailable, match="dropped"):
        len(index)
    again = opened(address, "dropped")
    assert len(again) == 0
    for each in (index, again):
        each.close()


@pytest.mark.parametrize(("dim", "by"), [(DIM + 1, Metric.EUCLIDEAN), (DIM, Metric.COSINE)])
def test_a_collection_of_another_space_is_refused(address: Address, dim: int, by: Metric) -> None:
    opened(address, "euclidean").close()
    with pytest.raises(SpaceMismatch, match=f"width {DIM} by L2, expected {dim}"):
        opened(address, "euclidean", dim=dim, by=by)


@pytest.mark.parametrize("name", ["", "3d", "a-b", "a b", "x" * 256, "täble"])
def test_a_name_that_milvus_would_not_take_is_refused(address: Address, name: str) -> None:
    with pytest.raises(InvalidInput, match="collection's name"):
        opened(address, name)


@pytest.mark.parametrize("uri", ["", "milvus", "ftp://host/x.db", "tables.sqlite"])
def test_an_address_that_is_none_is_refused(uri: str) -> None:
    with pytest.raises(InvalidInput, match=r"https://… or in a file \*\.db"):
        Address(uri)


def test_a_server_that_is_not_there_is_named_without_its_secrets() -> None:
    address = Address("http://someone:password@127.0.0.1:1", token="secret")
    with pytest.raises(Unavailable, match=r"Milvus at http://127\.0\.0\.1:1 does not answer") as caught:
        opened(address, "table")
    assert not {"password", "secret", "someone"} & set(str(caught.value).replace("@", ":").split(":"))
    assert "secret" not in repr(address)
    with pytest.raises(Unavailable, match=r"no such user: \*\*\*"), answering(address):
        raise MilvusException(message="no such user: secret")


def test_a_graph_finds_the_nearest_once_lite_was_opened_again_and_a_stopped_one_is_unavailable(tmp_path: Path) -> None:
    """Lite builds what was asked for when it opens a file, and searches by brute force until then."""
    vectors = np.random.default_rng(3).normal(size=(4000, 32)).astype(np.float32)
    queries = np.random.default_rng(4).normal(size=(50, 32)).astype(np.float32)
    address = Address(str(tmp_path / "graph.db"))

    def make() -> MilvusIndex:
        return MilvusIndex(32, Metric.COSINE, name="graph", address=address, kind="hnsw")

    index, exact = make(), ExactIndex(32, Metric.COSINE)
    for each in (index, exact):
        each.add(ids(4000), vectors)
    lite.release_server(address.uri)
    with pytest.raises(Unavailable, match=r"graph\.db"):
        index.search(queries, 10)
    index.close()
    again = make()
    assert again.kind == "milvus-hnsw"
    assert len(again) == 4000
    found, expected = again.search(queries, 10), exact.search(queries, 10)
    assert np.mean([np.isin(a, b).mean() for a, b in zip(found.ids, expected.ids, strict=True)]) >= 0.95
    again.close()
    lite.release_server(address.uri)
