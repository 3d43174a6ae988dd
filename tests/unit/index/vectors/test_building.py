"""Tables of every kind: what they find, what they never find, and what their building says of them."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from index.vectors import training
from index.vectors.base import VectorIndex
from index.vectors.building import Built, build
from index.vectors.exact import ExactIndex
from index.vectors.kinds import IndexOptions, Kind, Near, Report, untold
from index.vectors.snapshot import Identity, read, write
from models.errors import Conflict, InvalidInput
from models.hubness import Normalisation, augment_gallery, augment_query, biases
from models.types import F32, I64, Metric

DIM, SIZE, K = 16, 4000, 10
OURS = Identity(space="s" * 64, gallery="1", generation=1)
APPROXIMATE: tuple[Kind, ...] = ("ivfpq", "hnsw")


def clusters(n: int, seed: int = 0, dim: int = DIM) -> F32:
    """Vectors around 20 centres, as embeddings of classes lie."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(20, dim))
    return (centres[random.integers(0, 20, n)] + 0.4 * random.normal(size=(n, dim))).astype(np.float32)


def ids(n: int = SIZE) -> I64:
    return np.arange(n, dtype=np.int64) * 3


def built(kind: Kind, metric: Metric, vectors: F32, recall: float = 0.95) -> Built:
    options = IndexOptions(kind=kind, recall=recall)
    return build(ids(len(vectors)), vectors, metric=metric, queries=clusters(100, 5, vectors.shape[1]), options=options)


def exact(metric: Metric, vectors: F32) -> ExactIndex:
    index = ExactIndex(vectors.shape[1], metric)
    index.add(ids(len(vectors)), vectors)
    return index


def recall(index: VectorIndex, oracle: VectorIndex, queries: F32, allowed: I64 | None = None) -> float:
    found, right = (each.search(queries, K, allowed=allowed).ids for each in (index, oracle))
    return float(np.mean([len(set(f) & set(r)) / K for f, r in zip(found.tolist(), right.tolist(), strict=True)]))


@pytest.mark.parametrize("kind", APPROXIMATE)
@pytest.mark.parametrize("metric", list(Metric))
def test_the_recall_that_the_report_promises_is_there_for_other_queries_too(kind: Kind, metric: Metric) -> None:
    vectors = clusters(SIZE)
    made = built(kind, metric, vectors)
    assert made.report.kind == made.index.kind == kind
    assert made.report.recall >= 0.95
    assert recall(made.index, exact(metric, vectors), clusters(200, 7)) >= 0.93


@pytest.mark.parametrize("kind", APPROXIMATE)
@pytest.mark.parametrize("metric", list(Metric))
def test_an_approximate_table_keeps_every_promise_of_the_set_while_it_changes(kind: Kind, metric: Metric) -> None:
    vectors, more, queries = clusters(SIZE), clusters(300, 3), clusters(20, 4)
    index, oracle = built(kind, metric, vectors).index, exact(metric, vectors)
    for each in (index, oracle):
        each.remove(ids()[::4])
        each.add(np.arange(300, dtype=np.int64) * 12, more)  # these ids come back with other vectors
        each.remove(np.arange(0, 1200, 24, dtype=np.int64))
        each.replace(ids()[1::8], clusters(500, 6))
    assert index.ids().tolist() == oracle.ids().tolist()
    assert (index.vectors(oracle.ids()) == oracle.vectors(oracle.ids())).all()
    assert recall(index, oracle, queries) >= 0.93
    for found in (index.search(queries, K), index.search(queries[:1], K)):
        for query, its_ids, scores in zip(queries, found.ids, found.scores, strict=False):
            assert len(set(its_ids.tolist())) == K
            assert set(its_ids.tolist()) <= set(oracle.ids().tolist())
            assert (np.diff(scores) <= 0).all()
            alone = {
                int(each): oracle.search(query[None], 1, allowed=its_ids[i : i + 1]).scores[0, 0]
                for i, each in enumerate(its_ids)
            }
            assert scores == pytest.approx(np.array([alone[int(each)] for each in its_ids]), abs=1e-4)


@pytest.mark.parametrize("kind", APPROXIMATE)
@pytest.mark.parametrize("count", [1, 7, 40, 900, 3000])
def test_a_filter_loses_no_hits_in_an_approximate_table(kind: Kind, count: int) -> None:
    vectors, queries = clusters(SIZE), clusters(20, 4)
    index, oracle = built(kind, Metric.COSINE, vectors).index, exact(Metric.COSINE, vectors)
    far = np.argsort(vectors @ queries[0])[:count]  # of other clusters than the first query's
    allowed = ids()[far]
    found = index.search(queries, K, allowed=allowed)
    assert (np.count_nonzero(found.ids >= 0, axis=1) == min(K, count)).all()
    assert set(found.ids[found.ids >= 0].tolist()) <= set(allowed.tolist())
    assert recall(index, oracle, queries, allowed) >= min(0.9, 0.9 * count / K)


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_as_many_as_are_there_are_found_however_large_k_is(kind: Kind) -> None:
    index = built(kind, Metric.EUCLIDEAN, clusters(600)).index
    found = index.search(clusters(2, 8), 700)
    assert (np.sort(found.ids[:, :600], axis=1) == ids(600)).all()
    assert (found.ids[:, 600:] == -1).all()


@pytest.mark.parametrize("kind", APPROXIMATE)
@pytest.mark.parametrize("dominating", [1, 2])
def test_inner_products_with_dominating_dimensions_reach_the_recall_or_are_exact(kind: Kind, dominating: int) -> None:
    vectors, queries = clusters(3000, dim=DIM + dominating), clusters(200, 5, DIM + dominating)
    vectors *= np.random.default_rng(1).lognormal(0, 1, size=(3000, 1)).astype(np.float32)
    vectors[:, DIM:], queries[:, DIM:] = -np.square(vectors[:, :DIM]).sum(1, keepdims=True), 1
    options = IndexOptions(kind=kind, recall=0.99)
    made = build(ids(3000), vectors, metric=Metric.INNER, queries=queries, options=options)
    assert made.report.recall >= 0.99
    found = recall(made.index, exact(Metric.INNER, vectors), queries)
    assert found >= (0.985 if made.report.kind == kind else 1)  # the rest by other rounding


def test_a_recall_that_no_structure_reaches_gives_exact_search_and_the_report_says_so() -> None:
    """Lengths that differ by orders of magnitude leave the graph a few hubs."""
    random = np.random.default_rng(0)
    vectors = (random.normal(size=(2000, 32)) * random.lognormal(0, 2, size=(2000, 1))).astype(np.float32)
    options = IndexOptions(kind="hnsw", recall=0.9)
    made = build(ids(2000), vectors, metric=Metric.INNER, queries=clusters(200, 5, 32), options=options)
    assert made.index.kind == made.report.kind == "flat"
    assert "below 0.9: exact search instead" in made.report.reason


@pytest.mark.parametrize("kind", APPROXIMATE)
@pytest.mark.parametrize("length", [1e-6, 1e6])
def test_the_length_of_a_query_changes_no_inner_product_hits(kind: Kind, length: float) -> None:
    index, queries = built(kind, Metric.INNER, clusters(2000)).index, clusters(50, 4)
    plain = index.search(queries, K).ids
    assert (index.search(queries * np.float32(length), K).ids == plain).mean() > 0.99


@pytest.mark.parametrize("kind", ["flat", *APPROXIMATE])
@pytest.mark.parametrize("metric", list(Metric))
def test_numbers_at_the_end_of_float32_end_no_process(kind: Kind, metric: Metric) -> None:
    random = np.random.default_rng(0).normal(size=(400, DIM)).astype(np.float32)
    for made in (built(kind, metric, random), built(kind, metric, random * np.float32(1e30), recall=0.5)):
        assert made.index.search(random[:3] * np.float32(1e30), K).ids.shape == (3, K)


def test_auto_is_flat_up_to_its_limit_and_ivfpq_above() -> None:
    vectors = clusters(1000)
    at, above = (IndexOptions(exact_up_to=limit, recall=0.5) for limit in (1000 * DIM, 1000 * DIM - 1))
    first, second = (build(ids(1000), vectors, metric=Metric.COSINE, options=each).report for each in (at, above))
    assert (first.kind, first.queries, first.queries_from) == ("flat", 0, "none")
    assert (second.kind, second.queries, second.queries_from) == ("ivfpq", 1000, "vectors")


def test_few_vectors_and_none_are_flat_whatever_is_asked() -> None:
    for count in (0, 1, 255):
        made = built("hnsw", Metric.INNER, clusters(count))
        assert made.report.kind == "flat"
        assert len(made.index) == count


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_the_same_vectors_give_the_same_table_in_whatever_order_they_come(kind: Kind) -> None:
    vectors, queries = clusters(2000), clusters(50, 4)
    order = np.random.default_rng(0).permutation(2000)
    first = built(kind, Metric.INNER, vectors)
    second = build(
        ids(2000)[order],
        vectors[order],
        metric=Metric.INNER,
        queries=clusters(100, 5),
        options=IndexOptions(kind=kind, recall=0.95),
    )
    assert first.report.model_copy(update={"took_s": 0}) == second.report.model_copy(update={"took_s": 0})
    assert first.index.search(queries, K).ids.tolist() == second.index.search(queries, K).ids.tolist()


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_who_watches_is_told_of_every_stage_and_every_block_and_changes_nothing(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "ROWS", 1000)
    monkeypatch.setattr(training, "LINKED", 1000)
    vectors, told = clusters(2500), list[str]()
    options = IndexOptions(kind=kind, recall=0.95)
    made = [
        build(ids(2500), vectors, metric=Metric.INNER, options=options, watch=each) for each in (told.append, untold)
    ]
    first, second = (each.index.search(clusters(50, 4), K).ids.tolist() for each in made)
    assert first == second
    assert told[:2] == ["copying 2500 vectors", "finding the exact answers to queries 0 to 128"]
    adding = [f"adding rows {start} to {min(start + 1000, 2500)}" for start in (0, 1000, 2000)]
    at = told.index(adding[0])
    assert told[at : at + 3] == adding
    assert (told[at - 1] == "training 32 lists") == (kind == "ivfpq")
    measured = ", ".join(f"{name} {value}" for name, value in made[0].report.parameters.items())
    assert told[-1] == f"measuring recall at {measured}"


def test_what_a_watcher_raises_ends_the_building() -> None:
    def stop(stage: str) -> None:
        if stage.startswith("adding"):
            raise InterruptedError(stage)

    options = IndexOptions(kind="hnsw")
    with pytest.raises(InterruptedError, match="adding rows 0 to 600"):
        build(ids(600), clusters(600), metric=Metric.COSINE, options=options, watch=stop)


def test_the_report_goes_through_json() -> None:
    report = built("ivfpq", Metric.COSINE, clusters(500)).report
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_without_faiss_a_table_is_built_by_numpy_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)  # as where it is not installed
    vectors, order = clusters(500), np.random.default_rng(0).permutation(500)
    made = build(ids(500)[order], vectors[order], metric=Metric.COSINE, options=IndexOptions(kind="ivfpq"))
    assert (made.report.kind, made.index.kind) == ("exact", "exact")
    assert "FAISS is not installed" in made.report.reason
    assert recall(made.index, exact(Metric.COSINE, vectors), clusters(20, 4)) == 1


def test_building_refuses_what_adding_refuses() -> None:
    vectors = clusters(10)
    with pytest.raises(Conflict, match="twice"):
        build(np.zeros(10, np.int64), vectors, metric=Metric.INNER)
    with pytest.raises(InvalidInput, match="one a vector"):
        build(ids(9), vectors, metric=Metric.INNER)
    with pytest.raises(InvalidInput, match="finite"):
        build(ids(10), vectors * np.float32(np.nan), metric=Metric.INNER)
    with pytest.raises(InvalidInput, match="float32"):
        build(ids(10), vectors, metric=Metric.INNER, queries=clusters(3, dim=DIM + 1))


def test_the_callers_vectors_are_not_kept() -> None:
    vectors = clusters(300)
    before = vectors.copy()
    index = built("flat", Metric.INNER, vectors).index
    vectors[:] = 0
    assert (index.vectors(ids(300)) == before).all()


@pytest.mark.parametrize("kind", ["flat", *APPROXIMATE])
def test_searches_from_four_threads_see_no_removed_id_while_ids_come_and_go(kind: Kind) -> None:
    vectors, queries = clusters(2000), clusters(8, 4)
    index, done = built(kind, Metric.COSINE, vectors).index, Event()
    removed: list[int] = []

    def change() -> None:
        for turn in range(60):
            index.add(np.arange(20, dtype=np.int64) + 10**6 + 20 * turn, clusters(20, turn))
            index.remove(block := ids(2000)[turn * 20 : turn * 20 + 20])
            removed.extend(block.tolist())
        done.set()

    def look() -> int:
        turns = 0
        while not done.is_set() or turns == 0:
            gone, turns = set(removed), turns + 1
            found = index.search(queries[: 1 + turns % 8], K).ids
            assert (found >= 0).all()
            assert not gone & set(found.ravel().tolist())
        return turns

    with ThreadPoolExecutor(5) as pool:
        looking = [pool.submit(look) for _ in range(4)]
        pool.submit(change).result()
        assert all(each.result() for each in looking)
    assert len(index) == 2000


@pytest.mark.parametrize("kind", APPROXIMATE)
@pytest.mark.parametrize("metric", list(Metric))
def test_vectors_that_end_in_biases_are_found_by_what_comes_before_and_ranked_by_all(
    kind: Kind, metric: Metric, tmp_path: Path
) -> None:
    plain, asked = clusters(SIZE), clusters(200, 7)
    biased = biases(plain, clusters(400, 8), metric, Normalisation(0.75, 10))[None]
    stored, queries = augment_gallery(plain, biased, metric), augment_query(asked, 0, routes=1, metric=metric)
    made = build(
        ids(),
        stored,
        metric=Metric.INNER,
        queries=queries[:100],
        options=IndexOptions(kind=kind, recall=0.95),
        near=Near(dim=DIM, metric=metric),
    )
    oracle = exact(Metric.INNER, stored)
    write(made.index, tmp_path, identity=OURS, position=1)
    for index in (made.index, read(tmp_path, OURS).index):
        assert index.kind == kind, made.report
        assert recall(index, oracle, queries[100:]) >= 0.93
        found = index.search(queries[:1], 1)
        assert found.scores == pytest.approx(oracle.search(queries[:1], 1, allowed=found.ids[0]).scores, rel=1e-5)
