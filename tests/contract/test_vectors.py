"""What every vector index must do; the numpy one is the oracle, and is itself checked against a loop."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from inspect import signature
from itertools import count, takewhile
from threading import Event
from time import monotonic
from typing import Any, Literal, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.vectors.base import VectorIndex
from index.vectors.building import build as build_table
from index.vectors.exact import ExactIndex
from index.vectors.faiss_store import FaissIndex
from index.vectors.fresh import MASKED
from index.vectors.kinds import IndexOptions
from models.errors import Conflict, InvalidInput
from models.types import F32, I64, Metric

Build = Callable[[int, Metric], VectorIndex]
DIM = 6


class SealedHalf(FaissIndex):
    """What is added first is built into a sealed part, but for one row removed again; the rest is fresh."""

    def add(self, ids: I64, vectors: F32) -> None:
        if len(ids) < 2 or len(self.ids()):
            super().add(ids, vectors)
            return
        half = len(ids) // 2
        options = IndexOptions(kind="flat")
        other = build_table(ids[half:], vectors[half:], metric=self.metric, options=options).index
        assert isinstance(other, FaissIndex)
        FaissIndex.__init__(self, self.dim, self.metric, sealed=other.parts[0])
        super().add(ids[:half], vectors[:half])


BACKENDS: list[Build] = [ExactIndex, FaissIndex, SealedHalf]
SETTLED_HERE = "test_equal_scores_come_in_the_order_of_their_ids"
"""Which of many equal scores are the k best is not said by what other libraries search."""
TOLERANCE = 2e-3  # of float32 distances from |q|^2 + |g|^2 - 2qg, near zero


def checks() -> dict[str, Callable[..., None]]:
    """Those that take the fixture `build`, to be run by another one elsewhere, but for SETTLED_HERE."""
    found = {name: each for name, each in globals().items() if name.startswith("test_") and name != SETTLED_HERE}
    return {name: check for name, check in found.items() if "build" in signature(check).parameters}


@pytest.fixture(params=BACKENDS, ids=lambda build: build.__name__)
def build(request: pytest.FixtureRequest) -> Build:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(params=list(Metric))
def metric(request: pytest.FixtureRequest) -> Metric:
    return request.param  # type: ignore[no-any-return]


def rows(n: int, seed: int = 0) -> F32:
    return np.random.default_rng(seed).normal(size=(n, DIM)).astype(np.float32)


def ids(n: int, first: int = 100) -> I64:
    return np.arange(first, first + n, dtype=np.int64)


def filled(build: Build, metric: Metric, vectors: F32) -> VectorIndex:
    index = build(DIM, metric)
    index.add(ids(len(vectors)), vectors)
    return index


def score(query: F32, vector: F32, metric: Metric) -> float:
    if metric is Metric.EUCLIDEAN:
        return -float(np.linalg.norm(query - vector))
    length = float(np.linalg.norm(query) * np.linalg.norm(vector)) if metric is Metric.COSINE else 1.0
    return float(query @ vector) / length


def test_hits_are_the_best_of_a_loop_over_all_vectors(build: Build, metric: Metric) -> None:
    vectors, queries = rows(40), rows(3, seed=1)
    found = filled(build, metric, vectors).search(queries, 5)
    for query, hit_ids, hit_scores in zip(queries, found.ids, found.scores, strict=True):
        brute = sorted(((score(query, v, metric), i) for i, v in enumerate(vectors, 100)), reverse=True)[:5]
        assert hit_ids.tolist() == [i for _, i in brute]
        assert hit_scores == pytest.approx([s for s, _ in brute], abs=1e-5)


@pytest.mark.parametrize("queries", [1, 30])
def test_backends_agree_with_the_oracle(build: Build, metric: Metric, queries: int) -> None:
    vectors = rows(500)
    found = filled(build, metric, vectors).search(vectors[:queries], 10)
    exact = filled(ExactIndex, metric, vectors).search(vectors[:queries], 10)
    assert (found.ids == exact.ids).mean() > 0.99
    assert found.scores == pytest.approx(exact.scores, abs=TOLERANCE)


@given(order=st.permutations(range(12)), k=st.integers(1, 15), seed=st.integers(0, 5))
@settings(max_examples=25)
@pytest.mark.parametrize("backend", BACKENDS, ids=lambda build: build.__name__)
@pytest.mark.parametrize("by", list(Metric))
def test_permuting_the_gallery_permutes_the_hits(
    backend: Build, by: Metric, order: list[int], k: int, seed: int
) -> None:
    vectors, queries = rows(12, seed), rows(2, seed + 50)
    straight, shuffled = backend(DIM, by), backend(DIM, by)
    straight.add(np.arange(12, dtype=np.int64), vectors)
    shuffled.add(np.arange(12, dtype=np.int64), vectors[order])
    first, second = straight.search(queries, k), shuffled.search(queries, k)
    renamed = np.append(np.array(order), -1)[second.ids]
    assert renamed.tolist() == first.ids.tolist()
    assert second.scores == pytest.approx(first.scores, abs=1e-5)


@given(gone=st.sets(st.integers(0, 29)), k=st.integers(1, 35))
@settings(max_examples=25)
@pytest.mark.parametrize("backend", BACKENDS, ids=lambda build: build.__name__)
def test_removing_is_as_if_it_had_never_been_there(backend: Build, gone: set[int], k: int) -> None:
    vectors = rows(30)
    index, other = backend(DIM, Metric.EUCLIDEAN), backend(DIM, Metric.EUCLIDEAN)
    index.add(np.arange(30, dtype=np.int64), vectors)
    kept = np.array(sorted(set(range(30)) - gone), np.int64)
    other.add(kept, vectors[kept])
    assert index.remove(np.array(sorted(gone), np.int64)) == len(gone)
    assert index.search(rows(2, 9), k).ids.tolist() == other.search(rows(2, 9), k).ids.tolist()
    assert len(index) == len(kept)
    assert index.ids().tolist() == kept.tolist()


def test_search_pads_with_minus_one_when_the_index_is_small(build: Build, metric: Metric) -> None:
    found = filled(build, metric, rows(2)).search(rows(3, 1), 4)
    assert found.ids.shape == (3, 4)
    assert (found.ids[:, 2:] == -1).all()
    assert np.isneginf(found.scores[:, 2:]).all()
    assert np.isfinite(found.scores[:, :2]).all()


def test_an_empty_index_and_no_queries_give_padding(build: Build, metric: Metric) -> None:
    assert build(DIM, metric).search(rows(2), 3).ids.tolist() == [[-1] * 3] * 2
    assert filled(build, metric, rows(2)).search(rows(0), 3).ids.shape == (0, 3)


def test_only_allowed_ids_are_found(build: Build, metric: Metric) -> None:
    index = filled(build, metric, rows(50))
    index.remove(np.array([103], np.int64))
    found = index.search(rows(1, 4), 5, allowed=np.array([103, 107, 130, 999], np.int64))
    assert set(found.ids[0].tolist()) == {107, 130, -1}
    assert index.search(rows(1, 4), 2, allowed=np.empty(0, np.int64)).ids.tolist() == [[-1, -1]]


def test_the_distance_of_a_vector_to_itself_is_zero(build: Build) -> None:
    vectors = rows(20)
    assert filled(build, Metric.EUCLIDEAN, vectors).search(vectors[:1], 1).scores[0, 0] == pytest.approx(0, abs=1e-6)


def test_cosine_does_not_look_at_lengths_and_leaves_the_callers_vectors_alone(build: Build) -> None:
    vectors = rows(10)
    before = vectors.copy()
    found = filled(build, Metric.COSINE, vectors).search(vectors * 7, 1)
    assert found.ids[:, 0].tolist() == ids(10).tolist()
    assert found.scores[:, 0] == pytest.approx(1, abs=1e-5)
    assert (vectors == before).all()


@pytest.mark.parametrize("new", [[100, 200], [200, 200]])
def test_an_id_that_is_there_is_refused_and_nothing_is_added(build: Build, new: list[int]) -> None:
    index = filled(build, Metric.INNER, rows(3))
    with pytest.raises(Conflict, match=r"100|twice"):
        index.add(np.array(new, np.int64), rows(2, 1))
    assert len(index) == 3


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_vectors_and_queries_that_are_not_finite_are_refused(build: Build, metric: Metric, odd: float) -> None:
    index, vectors = filled(build, metric, rows(3)), rows(2, 1)
    vectors[1, 2] = odd
    with pytest.raises(InvalidInput, match="finite"):
        index.add(ids(2, 500), vectors)
    with pytest.raises(InvalidInput, match="finite"):
        index.search(vectors, 1)
    assert len(index) == 3


def test_vectors_of_another_width_or_type_are_refused(build: Build) -> None:
    index = build(DIM, Metric.INNER)
    odd_ones: list[Any] = [np.zeros((1, DIM + 1), np.float32), np.zeros(DIM, np.float32), np.zeros((1, DIM))]
    for odd in odd_ones:
        with pytest.raises(InvalidInput, match=rf"float32 \[n, {DIM}\]"):
            index.add(ids(1), odd)
        with pytest.raises(InvalidInput, match=rf"float32 \[n, {DIM}\]"):
            index.search(odd, 1)


def test_a_k_below_one_and_negative_or_too_few_ids_are_refused(build: Build) -> None:
    index = filled(build, Metric.INNER, rows(3))
    with pytest.raises(InvalidInput, match="k must be"):
        index.search(rows(1), 0)
    with pytest.raises(InvalidInput, match="negative"):
        index.add(np.array([-1], np.int64), rows(1))
    with pytest.raises(InvalidInput, match="one a vector"):
        index.add(ids(2, 500), rows(1))


def test_an_id_can_come_back_with_another_vector(build: Build) -> None:
    index, vectors = filled(build, Metric.EUCLIDEAN, rows(200)), rows(1, 8)
    index.remove(ids(MASKED + 20))
    index.add(ids(1), vectors)
    assert index.search(vectors, 1).ids.tolist() == [[100]]
    assert index.remove(np.array([101, 100], np.int64)) == 1
    assert len(index) == 200 - MASKED - 20


def test_searching_while_others_add_and_remove_never_sees_half_a_change(build: Build) -> None:
    """Ids 0..49 stay and are the only good answers; blocks of others come and go far away."""
    near, far = rows(50), rows(40, 2) + np.float32(1000)
    index = build(DIM, Metric.EUCLIDEAN)
    index.add(np.arange(50, dtype=np.int64), near)
    expected = index.search(near[:1], 10)

    def change(worker: int) -> None:
        for turn in range(15):
            block = ids(40, 1000 * (worker + 1) + 40 * turn)
            index.add(block, far)
            assert index.remove(block) == 40

    def look(_: int) -> None:
        for _turn in range(60):
            found = index.search(near[:1], 10)
            assert found.ids.tolist() == expected.ids.tolist()
            assert found.scores == pytest.approx(expected.scores, abs=1e-5)

    with ThreadPoolExecutor(5) as pool:
        work = [pool.submit(change, i) for i in range(2)] + [pool.submit(look, i) for i in range(3)]
        for each in work:
            each.result()
    assert len(index) == 50


def test_vectors_come_back_as_they_were_given_in_the_order_asked_for(build: Build, metric: Metric) -> None:
    vectors = rows(30) * np.float32(3)
    index = filled(build, metric, vectors)
    asked = np.array([129, 100, 115, 100], np.int64)
    expected = vectors[asked - 100]
    if metric is Metric.COSINE:
        expected = expected / np.linalg.norm(expected, axis=1, keepdims=True)
    assert index.vectors(asked) == pytest.approx(expected, abs=1e-6)
    assert index.vectors(ids(0)).shape == (0, DIM)


def test_vectors_of_unknown_and_removed_ids_are_refused(build: Build) -> None:
    index = filled(build, Metric.INNER, rows(30))
    index.remove(np.array([105], np.int64))
    for unknown in (105, 99, 130):
        with pytest.raises(InvalidInput, match=f"no vector with the id {unknown}"):
            index.vectors(np.array([100, unknown], np.int64))


def test_equal_scores_come_in_the_order_of_their_ids(build: Build, metric: Metric) -> None:
    vectors = np.repeat(rows(4), 25, axis=0)
    index = build(DIM, metric)
    order = np.random.default_rng(3).permutation(100)
    index.add(ids(100)[order], vectors[order])
    oracle = filled(ExactIndex, metric, vectors)
    for queries in (rows(4)[:1], np.repeat(rows(4), 10, axis=0)):
        for k in (4, 30, 56, 82):
            assert index.search(queries, k).ids.tolist() == oracle.search(queries, k).ids.tolist()


Change = Literal["add", "remove", "replace"]
CHANGES: tuple[Change, ...] = get_args(Change)


def changed(index: VectorIndex, exact: ExactIndex, change: Change, block: I64, *, seed: int) -> None:
    """Both take the change of those ids of the block that it is for, and then have the same."""
    there = np.isin(block, exact.ids())
    if change == "remove":
        assert index.remove(block) == exact.remove(block)
    for each in (index, exact):
        if change == "add":
            each.add(block[~there], rows(int((~there).sum()), seed))
        elif change == "replace":
            each.replace(block[there], rows(int(there.sum()), seed))
    assert index.ids().tolist() == exact.ids().tolist()
    assert len(index) == len(exact)


def find_the_same(index: VectorIndex, exact: VectorIndex, allowed: I64) -> None:
    assert (index.vectors(exact.ids()) == exact.vectors(exact.ids())).all()
    for only in (None, allowed):
        found, expected = index.search(rows(2, 99), 6, allowed=only), exact.search(rows(2, 99), 6, allowed=only)
        assert found.ids.tolist() == expected.ids.tolist()
        assert found.scores == pytest.approx(expected.scores, abs=1e-5)


@given(turns=st.lists(st.tuples(st.sampled_from(CHANGES), st.sets(st.integers(0, 40), max_size=15)), max_size=8))
@settings(max_examples=40)
@pytest.mark.parametrize("backend", BACKENDS, ids=lambda build: build.__name__)
def test_any_turns_of_changes_leave_what_the_oracle_has(backend: Build, turns: list[tuple[Change, set[int]]]) -> None:
    index, exact = backend(DIM, Metric.INNER), ExactIndex(DIM, Metric.INNER)
    for seed, (change, some) in enumerate(turns):
        block = np.array(sorted(some, key=lambda each: (each * 7) % 41), np.int64)
        changed(index, exact, change, block, seed=seed)
    find_the_same(index, exact, np.arange(0, 41, 3, dtype=np.int64)[::-1])


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda build: build.__name__)
def test_a_long_run_of_changes_leaves_what_the_oracle_has_at_every_turn(backend: Build, metric: Metric) -> None:
    """Long enough for masked rows to be taken out many times."""
    index, exact, random = backend(DIM, metric), ExactIndex(DIM, metric), np.random.default_rng(4)
    for turn in range(120):
        block = random.permutation(300)[: random.integers(1, 60)].astype(np.int64)
        changed(index, exact, CHANGES[int(random.choice(3, p=(0.4, 0.2, 0.4)))], block, seed=turn)
        find_the_same(index, exact, random.permutation(400)[: random.integers(1, 200)].astype(np.int64))


def test_replaced_vectors_are_those_that_are_found_and_given_back(build: Build, metric: Metric) -> None:
    vectors, others = rows(60), rows(20, 5) * np.float32(2)
    index = filled(build, metric, vectors)
    some = np.random.default_rng(1).permutation(ids(60))[:20]
    index.replace(some, others)
    vectors[some - 100] = others
    exact = filled(ExactIndex, metric, vectors)
    find_the_same(index, exact, ids(60)[::2])
    assert (len(index), index.ids().tolist()) == (60, ids(60).tolist())
    index.replace(ids(0), rows(0))
    assert index.remove(some) == 20
    assert not np.isin(index.search(others, 40).ids, some).any()


def test_replacing_refuses_what_does_not_fit_and_then_changes_nothing(build: Build) -> None:
    vectors = rows(40)
    index, two = filled(build, Metric.COSINE, vectors), rows(2, 1)
    index.remove(ids(1, 105))
    before = index.vectors(np.setdiff1d(ids(40), [105]))
    refused: list[tuple[list[int], F32, type[Exception], str]] = [
        ([100, 99], two, InvalidInput, "no vector with the id 99"),
        ([105, 100], two, InvalidInput, "no vector with the id 105"),
        ([100, 100], two, Conflict, "twice"),
        ([100], two, InvalidInput, "one a vector"),
        ([100, 101], two * np.float32(np.nan), InvalidInput, "finite"),
        ([100, 101], two[:, 1:].copy(), InvalidInput, "float32"),
    ]
    for some, odd, error, why in refused:
        with pytest.raises(error, match=why):
            index.replace(np.array(some, np.int64), odd)
    assert (index.vectors(np.setdiff1d(ids(40), [105])) == before).all()
    assert len(index) == 39


@contextmanager
def taking_turns() -> Iterator[None]:
    """Threads take turns every few instructions, not every 5 ms."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def test_searching_while_vectors_are_replaced_sees_all_of_the_old_or_all_of_the_new(build: Build) -> None:
    """Two halves change places again and again: one is always near, the other far, and never both or neither."""
    near, far, all_ids = rows(16), rows(16, 2) + np.float32(100), ids(32)
    index, done = filled(build, Metric.EUCLIDEAN, np.concatenate([near, far])), Event()
    halves = [sorted(half.tolist()) for half in (all_ids[:16], all_ids[16:])]
    until = monotonic() + 0.3

    def change() -> None:
        turns = takewhile(lambda turn: turn < 8 or monotonic() < until, count())
        for turn in turns:
            vectors = [near, far] if turn % 2 else [far, near]
            index.replace(all_ids, np.concatenate(vectors))
            assert sorted(index.search(near[:1], 16).ids[0].tolist()) == halves[(turn + 1) % 2]
        done.set()

    def look() -> None:
        while not done.is_set():
            assert sorted(index.search(near[:1], 16).ids[0].tolist()) in halves

    with taking_turns(), ThreadPoolExecutor(4) as pool:
        looking = [pool.submit(look) for _ in range(3)]
        try:
            pool.submit(change).result()
        finally:
            done.set()
        for each in looking:
            each.result()


@pytest.mark.parametrize("share", [0.01, 0.2, 0.7, 1.0])
def test_a_filter_finds_what_the_oracle_finds_among_the_same_ids(build: Build, metric: Metric, share: float) -> None:
    vectors, queries = rows(600), rows(5, 1)
    index, exact = filled(build, metric, vectors), filled(ExactIndex, metric, vectors)
    for each in (index, exact):
        each.remove(ids(50, 120))
    allowed = np.random.default_rng(2).permutation(ids(600))[: int(600 * share)]
    found, expected = index.search(queries, 10, allowed=allowed), exact.search(queries, 10, allowed=allowed)
    assert found.ids.tolist() == expected.ids.tolist()
    assert found.scores == pytest.approx(expected.scores, abs=1e-5)
    everything = index.search(queries, 10, allowed=index.ids())
    assert everything.ids.tolist() == index.search(queries, 10).ids.tolist()


@pytest.mark.parametrize("gone", [5, 40, 200])
def test_the_next_best_are_found_when_the_very_best_are_removed_or_not_allowed(
    build: Build, metric: Metric, gone: int
) -> None:
    vectors, queries = rows(600), rows(2, 1)
    index, exact = filled(build, metric, vectors), filled(ExactIndex, metric, vectors)
    best = exact.search(queries[:1], gone).ids[0]
    allowed = np.setdiff1d(ids(600), best)
    expected = exact.search(queries, 10, allowed=allowed).ids.tolist()
    assert index.search(queries, 10, allowed=allowed).ids.tolist() == expected
    index.remove(best)
    assert index.search(queries, 10).ids.tolist() == expected


def test_the_next_best_are_found_when_the_very_best_are_replaced_by_others_far_away(
    build: Build, metric: Metric
) -> None:
    vectors, query = rows(600), rows(1, 1)
    index, exact = filled(build, metric, vectors), filled(ExactIndex, metric, vectors)
    best = exact.search(query, 90).ids[0]
    far = -query * np.arange(1, 91, dtype=np.float32)[:, None]
    for each in (index, exact):
        each.replace(best, far)
    assert index.search(query, 10).ids.tolist() == exact.search(query, 10).ids.tolist()


def test_all_that_are_left_are_found_when_nearly_all_were_removed(build: Build, metric: Metric) -> None:
    index = filled(build, metric, rows(500))
    index.remove(ids(490))
    assert sorted(index.search(rows(1, 3), 10).ids[0].tolist()) == ids(10, 590).tolist()
