"""Average precision against scikit-learn, its expectation against all orders."""

import tracemalloc
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import average_precision_score

from models.evaluation.metrics import split
from models.evaluation.ranking import average_precision, by_label, chance_by_label, expected_average_precision
from models.scoring import scores
from models.types import F32, Bool, Metric

# Test items a class of AudioSetZSL: seen, then unseen.
AUDIOSET_SEEN = [2529, 711, 620, 145, 365, 5031, 64, 439, 623, 7663, 1838, 846, 1333, 1713, 541, 568]
AUDIOSET_SEEN += [350, 58, 68, 86, 143, 566, 293]
AUDIOSET_UNSEEN = [156, 126, 527, 962, 1034, 130, 144, 638, 220, 750]


def rankings() -> st.SearchStrategy[tuple[F32, Bool]]:
    """Scores with many ties, and at least one relevant item."""
    scores = arrays.arrays(np.float32, st.integers(2, 30), elements=st.sampled_from([-2.0, -0.5, 0.0, 0.5, 1.5, 2.0]))
    return scores.flatmap(
        lambda row: st.tuples(st.just(row), arrays.arrays(np.bool_, len(row)).filter(lambda marks: bool(marks.any())))
    )


@settings(max_examples=60)
@given(rankings())
def test_average_precision_is_scikit_learns_even_with_ties(ranking: tuple[F32, Bool]) -> None:
    scores, relevant = ranking
    found = average_precision(scores[None], relevant[None])[0]
    assert found == pytest.approx(average_precision_score(relevant, scores), abs=1e-12)


@settings(max_examples=30)
@given(rankings(), st.integers(0, 2**32 - 1))
def test_the_order_of_the_gallery_changes_nothing(ranking: tuple[F32, Bool], seed: int) -> None:
    scores, relevant = ranking
    order = np.random.default_rng(seed).permutation(len(scores))
    shuffled = average_precision(scores[None, order], relevant[None, order])
    assert shuffled == pytest.approx(average_precision(scores[None], relevant[None]))


@settings(max_examples=30)
@given(rankings(), st.floats(-3, 3, width=32))
def test_an_irrelevant_item_more_never_raises_average_precision(ranking: tuple[F32, Bool], score: float) -> None:
    scores, relevant = ranking
    more = average_precision(np.append(scores, np.float32(score))[None], np.append(relevant, False)[None])[0]
    assert more <= average_precision(scores[None], relevant[None])[0] + 1e-12


def test_a_perfect_ranking_scores_one_and_no_relevant_item_nan() -> None:
    scores = np.array([[3, 2, 1], [3, 2, 1]], np.float32)
    found = average_precision(scores, np.array([[True, True, False], [False, False, False]]))
    assert found[0] == 1
    assert np.isnan(found[1])


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("items", [40, 2700])
def test_by_label_is_scikit_learns_on_each_query_of_short_and_long_galleries(metric: Metric, items: int) -> None:
    numbers = np.random.default_rng(0)
    queries, gallery = (numbers.normal(size=(n, 5)).astype(np.float32) for n in (30, items))
    of_queries, of_gallery = numbers.integers(0, 5, 30), numbers.integers(0, 4, items)
    found = by_label(queries, gallery, query_labels=of_queries, gallery_labels=of_gallery, metric=metric)
    for label, scored, precision in zip(of_queries, scores(queries, gallery, metric), found, strict=True):
        if label == 4:
            assert np.isnan(precision)
        else:
            # Two neighbours may change places where float32 cannot tell their distances apart.
            assert precision == pytest.approx(average_precision_score(of_gallery == label, scored), abs=1e-6)


@settings(max_examples=60)
@given(
    queries=arrays.arrays(np.float32, (3, 4), elements=st.integers(-2, 2)),
    gallery=arrays.arrays(np.float32, st.tuples(st.integers(1, 30), st.just(4)), elements=st.integers(-2, 2)),
    seed=st.integers(0, 2**32 - 1),
    metric=st.sampled_from([Metric.EUCLIDEAN, Metric.INNER]),
)
def test_equal_distances_of_whole_numbers_tie_as_in_scikit_learn(
    queries: F32, gallery: F32, seed: int, metric: Metric
) -> None:
    of_gallery = np.random.default_rng(seed).integers(0, 2, len(gallery))
    of_gallery[0] = 0
    labels = np.zeros(3, np.int64)
    found = by_label(queries, gallery, query_labels=labels, gallery_labels=of_gallery, metric=metric)
    expected = [average_precision_score(of_gallery == 0, row) for row in scores(queries, gallery, metric)]
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("metric", list(Metric))
def test_equal_vectors_tie_wherever_they_stand(metric: Metric) -> None:
    """A product of few rows may round differently in its last columns than in its first."""
    numbers = np.random.default_rng(0)
    queries, distinct = (numbers.normal(size=(n, 64)).astype(np.float32) for n in (2, 7))
    wanted = np.zeros(2, np.int64)
    for items in (*range(10, 60), 2085):
        which, labels = numbers.integers(0, 7, items), numbers.integers(0, 2, items)
        labels[0] = 0
        gallery = distinct[which]
        if metric is Metric.COSINE:
            gallery = gallery * np.float32(2) ** numbers.integers(-2, 3, (items, 1))
        found = by_label(queries, gallery, query_labels=wanted, gallery_labels=labels, metric=metric)
        scored = scores(queries, distinct, metric)[:, which]
        assert found == pytest.approx([average_precision_score(labels == 0, row) for row in scored], abs=1e-12)


def test_how_many_threads_rank_changes_nothing() -> None:
    numbers = np.random.default_rng(0)
    queries, gallery = (numbers.normal(size=(n, 5)).astype(np.float32) for n in (33, 500))
    labels = numbers.integers(0, 4, 500)
    found = [
        by_label(
            queries, gallery, query_labels=labels[:33], gallery_labels=labels, metric=Metric.COSINE, threads=threads
        )
        for threads in (1, 2, 5)
    ]
    assert (found[0] == found[1]).all()
    assert (found[0] == found[2]).all()


def test_no_query_has_no_figure_and_an_empty_gallery_nothing_to_find() -> None:
    vectors, labels = np.eye(3, dtype=np.float32), np.arange(3)
    none = by_label(vectors[:0], vectors, query_labels=labels[:0], gallery_labels=labels, metric=Metric.EUCLIDEAN)
    assert none.shape == (0,)
    empty = by_label(vectors, vectors[:0], query_labels=labels, gallery_labels=labels[:0], metric=Metric.EUCLIDEAN)
    assert np.isnan(empty).all()
    assert np.isnan(chance_by_label(query_labels=labels, gallery_labels=labels[:0])).all()


@pytest.mark.parametrize("metric", list(Metric))
def test_leaving_out_an_item_is_ranking_the_gallery_without_it(metric: Metric) -> None:
    numbers = np.random.default_rng(0)
    queries, gallery = (numbers.normal(size=(12, 3)).astype(np.float32) for _ in range(2))
    labels, of_queries = np.arange(12) % 4, np.arange(12) % 3
    own = np.where(np.arange(12) < 9, np.arange(12)[::-1], -1)
    found = by_label(queries, gallery, query_labels=of_queries, gallery_labels=labels, metric=metric, own=own)
    scored = scores(queries, gallery, metric)
    by_hand = average_precision(scored, of_queries[:, None] == labels, own=own)
    for query in range(12):
        others = np.arange(12) != own[query]
        expected = average_precision_score(labels[others] == of_queries[query], scored[query, others])
        assert found[query] == pytest.approx(expected)
        assert by_hand[query] == pytest.approx(expected)


def test_a_class_whose_only_item_is_the_query_has_no_figure() -> None:
    vectors, labels = np.eye(3, dtype=np.float32), np.array([0, 0, 1])
    found = by_label(
        vectors, vectors, query_labels=labels, gallery_labels=labels, metric=Metric.COSINE, own=np.arange(3)
    )
    chance = chance_by_label(query_labels=labels, gallery_labels=labels, own=np.arange(3))
    assert np.isnan(found).tolist() == np.isnan(chance).tolist() == [False, False, True]


def test_chance_is_the_expectation_for_each_querys_own_counts_and_needs_no_table_of_queries_by_gallery() -> None:
    numbers = np.random.default_rng(0)
    labels, of_gallery = numbers.integers(0, 30, 3000), numbers.integers(0, 30, 3000)
    own = np.where(numbers.random(3000) < 0.5, np.arange(3000), -1)
    tracemalloc.start()
    found = chance_by_label(query_labels=labels, gallery_labels=of_gallery, own=own)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    for query in range(0, 3000, 50):
        relevant = sum(
            of_gallery[item] == labels[query]
            for item in np.flatnonzero(of_gallery == labels[query])
            if item != own[query]
        )
        assert found[query] == expected_average_precision(int(relevant), 3000 - int(own[query] >= 0))
    assert peak < 3000 * 3000 / 4


@pytest.mark.parametrize(("relevant", "ranked"), [(1, 1), (1, 4), (2, 5), (3, 6), (6, 6)])
def test_chance_is_the_mean_over_all_orders(relevant: int, ranked: int) -> None:
    orders = np.array(list(permutations(range(ranked))), np.float32)
    marks = np.broadcast_to(np.arange(ranked) < relevant, orders.shape)
    assert expected_average_precision(relevant, ranked) == pytest.approx(average_precision(orders, marks).mean())


def test_chance_on_audioset_zsl_is_a_little_above_how_common_the_classes_are() -> None:
    counts = AUDIOSET_SEEN + AUDIOSET_UNSEEN
    assert sum(counts) == 31_280
    classes, gallery = np.arange(33), np.repeat(np.arange(33), counts)
    common = split(np.array(counts) / sum(counts), classes < 23)
    chance = split(chance_by_label(query_labels=classes, gallery_labels=gallery), classes < 23)
    # The share of relevant items is what is usually quoted as chance; the expectation adds about H_N / N.
    assert (round(common.seen * 100, 2), round(common.unseen * 100, 2)) == (3.70, 1.50)
    assert (round(chance.seen * 100, 2), round(chance.unseen * 100, 2)) == (3.73, 1.53)


@pytest.mark.parametrize(("relevant", "ranked"), [(0, 3), (4, 3)])
def test_chance_refuses_counts_that_cannot_be(relevant: int, ranked: int) -> None:
    with pytest.raises(ValueError, match=f"{relevant} relevant of {ranked}"):
        expected_average_precision(relevant, ranked)
