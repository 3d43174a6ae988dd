"""Hubness correction against loops, plain search, and computation anew."""

from fractions import Fraction
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from models.calibration import stack
from models.errors import Conflict, InvalidInput
from models.hubness import (
    OFF,
    Bank,
    Normalisation,
    RouteBias,
    augment_gallery,
    augment_query,
    augmented_dim,
    biases,
    corrected,
    is_sampled,
    score_of,
    seen_biases,
    shift_for,
)
from models.hubness.correction import without_own
from models.hubness.route_bias import mixed
from models.hubness.similarities import Highest, rounded, similarities
from models.scoring import scores
from models.types import F32, I64, Metric

METRICS = pytest.mark.parametrize("metric", Metric)


def f32(*rows: list[float]) -> F32:
    return np.array(rows, np.float32)


def vectors(count: int, dim: int = 8, *, seed: int = 0) -> F32:
    """Of several lengths, some of them equal."""
    numbers = np.random.default_rng(seed)
    made = numbers.normal(size=(count, dim)) * numbers.choice([0.5, 1, 3], (count, 1))
    made[numbers.random(count) < 0.1] = 1.0
    rows: F32 = made.astype(np.float32)
    return rows


def similarity(query: F32, item: F32, metric: Metric) -> float:
    left, right = query.astype(np.float64), item.astype(np.float64)
    if metric is Metric.EUCLIDEAN:
        return -float(((left - right) ** 2).sum())
    lengths = np.linalg.norm(left) * np.linalg.norm(right) if metric is Metric.COSINE else 1.0
    return float(left @ right / lengths)


def bias(item: F32, bank: F32, metric: Metric, *, alpha: float, k: int) -> float:
    found = sorted((similarity(query, item, metric) for query in bank), reverse=True)[:k]
    return alpha * sum(found) / len(found)


@METRICS
def test_biases_are_those_of_a_loop_over_items_and_queries(metric: Metric) -> None:
    gallery, bank = vectors(30), vectors(20, seed=1)
    expected = [bias(item, bank, metric, alpha=0.7, k=4) for item in gallery]
    assert biases(gallery, bank, metric, Normalisation(0.7, 4)) == pytest.approx(np.array(expected), rel=1e-5, abs=1e-6)


@METRICS
def test_a_bank_of_fewer_queries_than_neighbours_counts_them_all(metric: Metric) -> None:
    gallery, bank = vectors(5), vectors(3, seed=1)
    assert (
        biases(gallery, bank, metric, Normalisation(1, 10)).tolist()
        == biases(gallery, bank, metric, Normalisation(1, 3)).tolist()
    )


@METRICS
def test_an_empty_bank_and_no_alpha_leave_scores_as_they_are(metric: Metric) -> None:
    gallery, queries = vectors(9), vectors(4, seed=1)
    plain = scores(queries, gallery, metric)
    for bank, normalisation in ((vectors(0), Normalisation(0.5, 3)), (queries, OFF)):
        found = corrected(plain, biases(gallery, bank, metric, normalisation), metric)
        np.testing.assert_allclose(found, plain, rtol=1e-7)


@METRICS
def test_biases_do_not_depend_on_the_portions_they_are_made_in(metric: Metric) -> None:
    gallery, bank = vectors(2500, 5), vectors(4500, 5, seed=1)
    whole = biases(gallery, bank, metric, Normalisation(1, 6))
    one_by_one = [biases(gallery[row : row + 1], bank, metric, Normalisation(1, 6))[0] for row in range(0, 2500, 97)]
    assert whole[::97].tolist() == one_by_one


@METRICS
def test_biases_of_a_large_bank_are_the_means_of_its_highest(metric: Metric) -> None:
    gallery, bank = vectors(6), vectors(5000, seed=1)
    expected = [bias(item, bank, metric, alpha=1, k=20) for item in gallery]
    found = biases(gallery, bank, metric, Normalisation(1, 20))
    assert found == pytest.approx(np.array(expected), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("dim", [1, 2, 64, 65, 1000])
@METRICS
def test_products_of_rounded_vectors_are_exact(metric: Metric, dim: int) -> None:
    numbers = np.random.default_rng(0)  # all near to the largest part: the sum is as long as it can be
    made = (numbers.uniform(0.9, 1, (4, dim)).astype(np.float32) for _ in range(2))
    items, queries = (rounded(each, metric).astype(np.float64) for each in made)
    for item, row in zip(items.tolist(), (items @ queries.T).tolist(), strict=True):
        for query, product in zip(queries.tolist(), row, strict=True):
            assert sum(Fraction(a) * Fraction(b) for a, b in zip(item, query, strict=True)) == Fraction(product)


@METRICS
def test_rounding_moves_no_similarity_by_more_than_a_millionth(metric: Metric) -> None:
    items, queries = vectors(50, 64), vectors(50, 64, seed=1)
    exact = np.array([[similarity(query, item, metric) for query in queries] for item in items])
    found = similarities(rounded(items, metric), rounded(queries, metric), metric)
    assert np.abs(found - exact).max() <= 1e-6 * np.abs(exact).max()


def test_a_hub_is_found_less_often_once_it_is_corrected() -> None:
    numbers = np.random.default_rng(3)
    queries = (numbers.normal(size=(200, 16)) + 1).astype(np.float32)
    gallery = (queries + numbers.normal(size=queries.shape)).astype(np.float32)
    gallery[0] = queries.mean(axis=0) * 2
    plain = scores(queries, gallery, Metric.INNER)
    better = corrected(plain, biases(gallery, queries, Metric.INNER, Normalisation(1, 10)), Metric.INNER)
    assert (plain.argmax(axis=1) == 0).sum() > 4 * (better.argmax(axis=1) == 0).sum()


@METRICS
def test_one_table_serves_corrected_and_plain_routes(metric: Metric) -> None:
    gallery, queries = vectors(60), vectors(25, seed=1)
    by_route = np.stack([biases(gallery, vectors(30, seed=s), metric, Normalisation(0.8, 5)) for s in (2, 3)])
    table = augment_gallery(gallery, by_route, metric)
    assert table.dtype == np.float32
    assert table.shape == (60, augmented_dim(8, routes=2, metric=metric))
    plain = scores(queries, gallery, metric)
    for route, expected in ((None, plain), *((r, corrected(plain, by_route[r], metric)) for r in (0, 1))):
        products = augment_query(queries, route, routes=2, metric=metric) @ table.T
        found = score_of(products, queries, metric)
        # Distances that are next to nothing lose half their digits to the squares.
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=3e-3 if metric is Metric.EUCLIDEAN else 3e-6)
        assert (np.diff(np.take_along_axis(found, np.argsort(-products, axis=1), 1), axis=1) <= 0).all()


@METRICS
def test_whole_numbers_are_ranked_as_by_plain_search(metric: Metric) -> None:
    numbers = np.random.default_rng(5)
    gallery, queries = (numbers.integers(-9, 10, (40, 6)).astype(np.float32) for _ in range(2))
    table = augment_gallery(gallery, np.zeros((1, 40), np.float32), metric)
    products = augment_query(queries, None, routes=1, metric=metric) @ table.T
    found, plain = score_of(products, queries, metric), scores(queries, gallery, metric)
    if metric is Metric.COSINE:
        np.testing.assert_allclose(found, plain, atol=3e-7)
    else:
        assert found.tolist() == plain.tolist()


@METRICS
def test_without_corrected_routes_there_are_no_biases_to_store(metric: Metric) -> None:
    table = augment_gallery(vectors(7), np.empty((0, 7), np.float32), metric)
    queries = vectors(3, seed=1)
    products = augment_query(queries, None, routes=0, metric=metric) @ table.T
    found = score_of(products, queries, metric)
    np.testing.assert_allclose(found, scores(queries, vectors(7), metric), rtol=1e-5, atol=3e-3)


@METRICS
def test_nothing_found_keeps_the_lowest_score(metric: Metric) -> None:
    assert score_of(np.full((1, 2), -np.inf, np.float32), vectors(1), metric).tolist() == [[-np.inf, -np.inf]]


def test_an_item_nearer_than_its_bias_scores_above_nought() -> None:
    found = corrected(f32([-3, -1]), f32([-5, -5])[0], Metric.EUCLIDEAN)
    assert found.tolist() == [[-2, 2]]


@pytest.mark.parametrize("route", [-1, 2])
def test_a_route_that_is_not_there_is_refused(route: int) -> None:
    with pytest.raises(ValueError, match="found route"):
        augment_query(vectors(1), route, routes=2, metric=Metric.INNER)


@pytest.mark.parametrize(("alpha", "neighbours"), [(-0.1, 1), (np.nan, 1), (np.inf, 1), (1.0, 0)])
def test_a_normalisation_that_cannot_be_is_refused(alpha: float, neighbours: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        Normalisation(alpha, neighbours)


@pytest.mark.parametrize("value", [np.nan, np.inf, 2.0**50])
def test_vectors_that_no_bias_can_be_made_of_are_refused(value: float) -> None:
    odd = np.full((1, 8), value, np.float32)
    with pytest.raises(InvalidInput, match="finite"):
        biases(vectors(3), odd, Metric.INNER, Normalisation(1, 1))


def test_seen_biases_are_calibrated_stacking() -> None:
    seen = np.array([True, False, True])
    plain = scores(vectors(9), vectors(3, seed=1), Metric.COSINE)
    found = corrected(plain, seen_biases(seen, 0.3), Metric.COSINE)
    assert found.tolist() == stack(plain, seen, 0.3).tolist()


@METRICS
def test_a_query_left_out_of_the_bank_meets_the_biases_of_the_others(metric: Metric) -> None:
    gallery, bank = vectors(12), vectors(9, seed=1)
    items, queries = rounded(gallery, metric), rounded(bank, metric)
    highest = Highest.of(items, queries, np.arange(9), k=4, metric=metric)
    found = without_own(highest, np.array([*range(9), -1]), 0.5)
    for query in range(9):
        others = np.delete(bank, query, axis=0)
        assert found[query].tolist() == biases(gallery, others, metric, Normalisation(0.5, 3)).tolist()
    assert found[9].tolist() == biases(gallery, bank, metric, Normalisation(0.5, 3)).tolist()


def test_a_query_left_out_of_a_bank_too_small_meets_those_there_are() -> None:
    gallery, bank = vectors(5), vectors(2, seed=1)
    items, queries = rounded(gallery, Metric.INNER), rounded(bank, Metric.INNER)
    highest = Highest.of(items, queries, np.arange(2), k=4, metric=Metric.INNER)
    found = without_own(highest, np.arange(2), 1.0)
    assert found[0].tolist() == biases(gallery, bank[1:], Metric.INNER, Normalisation(1, 3)).tolist()


class Known:
    """What a bank should hold, as dicts."""

    def __init__(self) -> None:
        self.items: dict[int, F32] = {}
        self.queries: dict[int, F32] = {}

    def biases(self, metric: Metric, normalisation: Normalisation) -> dict[int, float]:
        bank, gallery = (np.array(list(of.values()), np.float32).reshape(-1, 3) for of in (self.queries, self.items))
        return dict(zip(self.items, biases(gallery, bank, metric, normalisation).tolist(), strict=True))


STEPS = st.lists(st.tuples(st.sampled_from(["+item", "-item", "+query", "-query"]), st.integers(1, 4)), max_size=14)


@given(STEPS, st.sampled_from(Metric), st.integers(1, 4), st.integers(0, 2**16), st.booleans(), st.booleans())
@settings(max_examples=150)
def test_a_bank_is_to_the_bit_what_is_computed_anew_as_items_and_queries_come_and_go(
    steps: list[tuple[str, int]], metric: Metric, k: int, seed: int, ties: bool, restored: bool
) -> None:
    numbers, ids = np.random.default_rng(seed), count()
    bank, known, before = Bank(3, metric, neighbours=k), Known(), dict[int, float]()
    for what, amount in steps:
        if restored:
            bank = Bank.of(bank.state(), 3, metric, neighbours=k)
        changed = take(bank, known, what=what, amount=amount, numbers=numbers, ids=ids, ties=ties)
        expected = known.biases(metric, Normalisation(0.6, k))
        assert dict(zip(bank.items.tolist(), bank.biases(0.6).tolist(), strict=True)) == expected
        others = {each for each in expected.keys() & before.keys() if expected[each] != before[each]}
        assert others <= set(changed.tolist())
        assert bank.biases(0.6, among=changed).tolist() == [expected[each] for each in changed.tolist()]
        before = expected
    assert sorted(bank.queries.tolist()) == list(known.queries)


def take(
    bank: Bank, known: Known, *, what: str, amount: int, numbers: np.random.Generator, ids: "count[int]", ties: bool
) -> I64:
    """One step of both; the items whose biases may be others."""
    held = known.items if what.endswith("item") else known.queries
    if what[0] == "-":
        gone = numbers.permutation(np.array([*held, 10**6]))[:amount]
        for each in gone.tolist():
            held.pop(each, None)
        if held is known.queries:
            return bank.remove_queries(gone)
        bank.remove_items(gone)
        return np.empty(0, np.int64)
    rows = numbers.integers(-1, 2, (amount, 3)) if ties else numbers.normal(size=(amount, 3))
    new = np.array([next(ids) for _ in range(amount)])
    held.update(zip(new.tolist(), rows.astype(np.float32), strict=True))
    if held is known.queries:
        return bank.add_queries(new, rows.astype(np.float32))
    bank.add_items(new, rows.astype(np.float32))
    return np.empty(0, np.int64)


def test_a_bank_tells_which_items_a_query_was_near_to() -> None:
    bank = Bank(2, Metric.INNER, neighbours=1)
    bank.add_items(np.array([7, 8]), f32([1, 0], [0, 1]))
    assert bank.add_queries(np.array([0]), f32([1, 1])).tolist() == [7, 8]
    assert bank.add_queries(np.array([1]), f32([2, 0])).tolist() == [7]
    assert bank.remove_queries(np.array([0])).tolist() == [8]
    assert dict(zip(bank.items.tolist(), bank.biases(1.0).tolist(), strict=True)) == {7: 2, 8: 0}


@pytest.mark.parametrize("ids", [[3, 3], [1, 9], [-1, 4]])
def test_a_bank_refuses_ids_that_are_there_twice_or_negative(ids: list[int]) -> None:
    bank = Bank(8, Metric.COSINE, neighbours=2)
    for add in (bank.add_items, bank.add_queries):
        add(np.array([9]), vectors(1))
        with pytest.raises(InvalidInput if min(ids) < 0 else Conflict):
            add(np.array(ids), vectors(2))
    assert (bank.items.tolist(), bank.queries.tolist()) == ([9], [9])


@pytest.mark.parametrize("shape", [(2, 7), (1, 8)])
def test_a_bank_refuses_vectors_that_do_not_fit(shape: tuple[int, int]) -> None:
    with pytest.raises(InvalidInput, match="expected 2 vectors of 8 dimensions"):
        Bank(8, Metric.COSINE, neighbours=2).add_items(np.array([1, 2]), np.zeros(shape, np.float32))


def test_biases_of_some_items_are_told_in_the_order_they_are_asked_for() -> None:
    bank = grown()
    bank.remove_items(np.arange(0, 40, 3))
    whole = dict(zip(bank.items.tolist(), bank.biases(1.0).tolist(), strict=True))
    asked = [38, 1, 20, 1, 5]
    assert bank.biases(1.0, among=np.array(asked)).tolist() == [whole[each] for each in asked]
    assert bank.biases(1.0, among=np.empty(0, np.int64)).tolist() == []
    with pytest.raises(InvalidInput, match=r"not in the bank: \[3, 99\]"):
        bank.biases(1.0, among=np.array([99, 1, 3]))


def grown() -> Bank:
    bank = Bank(8, Metric.COSINE, neighbours=3)
    bank.add_queries(np.arange(20), vectors(20, seed=1))
    bank.add_items(np.arange(40), vectors(40))
    return bank


def test_a_bank_read_from_mapped_files_copies_none_of_them_until_rows_come(tmp_path: Path) -> None:
    before = grown()
    for name, array in before.state().items():
        np.save(tmp_path / name, array)
    mapped = {name: np.load(tmp_path / f"{name}.npy", mmap_mode="c") for name in before.state()}
    bank = Bank.of(mapped, 8, Metric.COSINE, neighbours=3)
    assert bank.remove_queries(np.array([4])).tolist() == before.remove_queries(np.array([4])).tolist()
    bank.remove_items(np.array([7]))
    assert all(np.shares_memory(array, mapped[name]) for name, array in bank.state().items())
    before.remove_items(np.array([7]))
    for each in (before, bank):
        each.add_items(np.array([41]), vectors(1, seed=5))
        each.add_queries(np.array([30]), vectors(1, seed=6))
    assert (bank.items.tolist(), bank.biases(1.0).tolist()) == (before.items.tolist(), before.biases(1.0).tolist())
    assert np.load(tmp_path / "items.npy").tolist() == list(range(40))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"items": np.arange(40, dtype=np.int32)}, "int32"),
        ({"vectors": np.zeros((40, 7), np.float32)}, "'vectors': ..float32', 7"),
        ({"nearest": np.zeros((40, 4), np.int64)}, "'nearest': ..int64', 4"),
        ({"queries": np.arange(19)}, "as many rows"),
        ({"more": np.arange(40)}, "more"),
    ],
)
def test_a_bank_refuses_a_state_that_does_not_fit(change: dict[str, F32], complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        Bank.of(grown().state() | change, 8, Metric.COSINE, neighbours=3)


def test_a_route_bias_of_nothing_is_off() -> None:
    assert RouteBias() == RouteBias(alpha=0.0, neighbours=10, seen=0.0)
    assert [each.is_off for each in (RouteBias(), RouteBias(alpha=0.1), RouteBias(seen=0.1))] == [True, False, False]
    assert RouteBias(alpha=0.5, neighbours=7, seen=1).normalisation == Normalisation(0.5, 7)


@pytest.mark.parametrize(
    "odd",
    [{name: odd} for name in ("alpha", "neighbours", "seen") for odd in (-1, 1e13, np.nan, np.inf)]
    + [{"neighbours": 0}],
)
def test_a_route_bias_that_cannot_be_is_refused(odd: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(odd))):
        RouteBias.model_validate(odd)


def test_ids_are_mixed_as_by_splitmix64() -> None:
    # Of the seeds 0 and 1234567: numbers that many implementations of it print, as on rosettacode.org.
    assert mixed(np.array([0, 1234567])).tolist() == [0xE220A8397B1DCDAF, 6457827717110365317]


@pytest.mark.parametrize("count", [1, 2, 4096, 4097, 8192, 8193, 31_000, 10**6, 10**9])
def test_a_bank_is_sampled_no_more_than_it_has_to_be(count: int) -> None:
    shift = shift_for(count)
    assert count / 2**shift <= 4096
    assert shift == 0 or count / 2 ** (shift - 1) > 4096


def test_windows_are_sampled_alike_whoever_asks_and_fewer_of_the_same_with_every_shift() -> None:
    ids = np.arange(100_000)
    assert is_sampled(ids, 0).all()
    for shift in range(1, 8):
        found = is_sampled(ids, shift)
        assert found.sum() == pytest.approx(len(ids) / 2**shift, rel=0.1)
        assert not (found & ~is_sampled(ids, shift - 1)).any()
        assert found[-50:].tolist() == is_sampled(ids[-50:], shift).tolist()
    assert shift_for(0) == 0
