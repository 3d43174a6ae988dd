"""Several weighted queries as one: the hits of their vector are the best by the score for all of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.blending import DEEP, Part, blended, of_plain
from index.gallery import Gallery
from index.reindexing import Rules
from index.searching import Search
from index.vectors.building import build
from index.vectors.exact import ExactIndex
from index.vectors.faiss_store import FaissIndex
from index.vectors.kinds import IndexOptions
from models.errors import QueryInvalid
from models.hubness import augment_blend, augment_gallery, corrected, score_of
from models.scoring import scores
from models.types import F32, Metric
from tests.unit.index.corrected import ASKED, MIXED, expected
from tests.unit.index.world import query

METRICS = pytest.mark.parametrize("metric", list(Metric))
ROUTES = ("a->x", "b->x", "c->x")
"""Of which the first two are corrected."""


@pytest.fixture
def catalog() -> None:
    """SQLite alone: where rows lie does not matter here."""


def vectors(count: int, seed: int, dim: int = 6) -> F32:
    return np.random.default_rng(seed).standard_normal((count, dim), np.float32)


def parts(weights: list[float], seed: int = 1) -> list[Part]:
    rows = vectors(len(weights), seed)
    return [Part(ROUTES[i % 3], rows[i : i + 1], weight) for i, weight in enumerate(weights)]


def taken() -> F32:
    """[3, 200] the biases of each route."""
    found = np.abs(vectors(3, 9, 200)) * np.float32(0.25)
    found[2] = 0
    return found


def oracle(asked: list[Part], gallery: F32, metric: Metric, biases: F32) -> F32:
    """[n] the score for all queries, one query and one sum after another."""
    sizes, total = sum(abs(each.weight) for each in asked), np.zeros(len(gallery))
    for each in asked:
        found = corrected(scores(each.vector, gallery, metric), biases[ROUTES.index(each.route)], metric)[0]
        part = found.astype(np.float64)
        total += each.weight / sizes * (-part * np.abs(part) if metric is Metric.EUCLIDEAN else part)
    whole = -np.sign(total) * np.sqrt(np.abs(total)) if metric is Metric.EUCLIDEAN else total
    return np.asarray(whole, np.float32)


WEIGHTS = [[1.0], [2.0, 1.0], [1.0, -0.5], [1.0, 1.0, 1.0], [3.0, -1.0, 0.25, -0.5], [0.01, 0.02]]


@METRICS
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("kind", [ExactIndex, FaissIndex])
def test_the_best_for_all_queries_are_found(metric: Metric, weights: list[float], kind: Any) -> None:
    gallery, asked = vectors(200, 0), parts(weights)
    index = kind(6, metric)
    index.add(np.arange(200), gallery)
    vector, blend = blended(asked, metric)
    found = of_plain(index.search(vector, 20), vector, blend, metric)
    wanted = oracle(asked, gallery, metric, np.zeros((3, 200), np.float32))
    assert found.ids[0].tolist() == np.argsort(-wanted, kind="stable")[:20].tolist()
    np.testing.assert_allclose(found.scores[0], wanted[found.ids[0]], rtol=1e-5, atol=1e-5)


@METRICS
@pytest.mark.parametrize("weights", WEIGHTS)
def test_biases_are_taken_off_each_query_by_its_own_route(metric: Metric, weights: list[float]) -> None:
    gallery, asked, biases = vectors(200, 0), parts(weights), taken()
    table = augment_gallery(gallery, biases[:2], metric)
    vector, blend = blended(asked, metric)
    products = augment_blend(vector, blend.shares_of(ROUTES[:2]), metric) @ table.T
    found = blend.scores(score_of(products, vector, metric), metric)[0]
    np.testing.assert_allclose(found, oracle(asked, gallery, metric, biases), rtol=1e-4, atol=3e-3)


@METRICS
def test_what_is_not_found_keeps_the_lowest_score(metric: Metric) -> None:
    index = ExactIndex(6, metric)
    index.add(np.arange(2), vectors(2, 0))
    vector, blend = blended(parts([1.0, -0.3]), metric)
    found = of_plain(index.search(vector, 4), vector, blend, metric)
    assert found.ids[0, 2:].tolist() == [-1, -1]
    assert found.scores[0, 2:].tolist() == [-np.inf, -np.inf]


@METRICS
@given(weight=st.floats(1e-6, 1e6))
@settings(max_examples=25)
def test_one_query_of_any_weight_is_the_query_alone(metric: Metric, weight: float) -> None:
    (part,) = parts([weight])
    vector, blend = blended([part], metric)
    assert dict(blend.shares) == pytest.approx({part.route: 1.0})
    assert blend.total == pytest.approx(1.0)
    assert blend.spread == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(
        scores(vector, vectors(9, 3), metric), scores(part.vector, vectors(9, 3), metric), rtol=1e-5, atol=1e-6
    )


@METRICS
@given(order=st.permutations(range(5)), by=st.floats(1e-3, 1e3))
@settings(max_examples=25)
def test_the_order_of_queries_and_the_scale_of_weights_do_not_matter(
    metric: Metric, order: list[int], by: float
) -> None:
    asked = parts([1.0, 2.0, -0.5, 0.25, -1.0])
    vector, blend = blended(asked, metric)
    again, other = blended([Part(asked[i].route, asked[i].vector, by * asked[i].weight) for i in order], metric)
    np.testing.assert_allclose(again, vector, rtol=1e-5, atol=1e-5)
    assert dict(other.shares) == pytest.approx(dict(blend.shares))
    assert (other.total, other.spread) == pytest.approx((blend.total, blend.spread))


@pytest.mark.parametrize("weights", [[-1.0], [1.0, -1.0], [1.0, -2.0], [1.0, -0.999]])
def test_by_distance_more_has_to_be_liked_than_not(weights: list[float]) -> None:
    with pytest.raises(QueryInvalid, match=f"sum to more than 0 .* found {weights[0]:g}"):
        blended(parts(weights), Metric.EUCLIDEAN)
    blended(parts(weights), Metric.INNER)
    blended(parts(weights), Metric.COSINE)


@METRICS
def test_a_query_and_its_opposite_say_nothing(metric: Metric) -> None:
    if metric is Metric.EUCLIDEAN:
        pytest.skip("refused")
    (part,) = parts([1.0])
    vector, _ = blended([part, Part(part.route, part.vector, -1.0)], metric)
    assert np.abs(scores(vector, vectors(9, 3), Metric.INNER)).max() == 0


def test_a_graph_finds_the_best_of_queries_from_different_places_too() -> None:
    numbers, among = np.random.default_rng(0), 4000
    heaps = vectors(30, 0, 32)
    gallery = heaps[numbers.integers(30, size=among)] + np.float32(0.6) * vectors(among, 1, 32)
    asked = heaps[numbers.integers(30, size=(2, 100))] + np.float32(0.6) * vectors(200, 2, 32).reshape(2, 100, 32)
    options, ids = IndexOptions(kind="hnsw", recall=0.9), np.arange(among)
    index = build(ids, gallery, metric=Metric.EUCLIDEAN, queries=asked[0], options=options).index
    exact = ExactIndex(32, Metric.EUCLIDEAN)
    exact.add(ids, gallery)
    pairs = zip(asked[0], asked[1], strict=True)
    mixed = [
        blended([Part("a->x", one[None], 1.0), Part("b->x", other[None], 1.0)], Metric.EUCLIDEAN)
        for one, other in pairs
    ]
    means = np.concatenate([vector for vector, _ in mixed])
    found, wanted = index.search(means, DEEP).ids[:, :10], exact.search(means, 10).ids
    assert index.kind == "hnsw"
    assert np.mean([len({*a} & {*b}) / 10 for a, b in zip(found.tolist(), wanted.tolist(), strict=True)]) >= 0.97


def asked_of(gallery: Gallery, *routes: str) -> list[Part]:
    """A query of each route, weighing 1, -0.4, 1, -0.4 ..."""
    queries = [gallery.active.query_vectors(route, _rows(route)) for route in routes]
    return [
        Part(route, each, -0.4 if i % 2 else 1.0) for i, (route, each) in enumerate(zip(routes, queries, strict=True))
    ]


def _rows(route: str) -> Any:
    return {name: row[None] for name, row in query(7, ASKED[route]).items()}


def by_all(gallery: Gallery, asked: list[Part], metric: Metric) -> dict[int, float]:
    """The score of every window by the definition, from what is stored."""
    sizes = sum(abs(each.weight) for each in asked)
    found: dict[int, float] = {}
    for each in asked:
        for window, score in expected(gallery, each.route, _rows(each.route)[ASKED[each.route]]).items():
            part = -score * abs(score) if metric is Metric.EUCLIDEAN else score
            found[window] = found.get(window, 0.0) + each.weight / sizes * part
    if metric is not Metric.EUCLIDEAN:
        return found
    return {window: float(-np.sign(each) * np.sqrt(np.abs(each))) for window, each in found.items()}


@pytest.mark.parametrize("corrections", [{}, MIXED])
@pytest.mark.parametrize(
    ("routes", "metric"),
    [
        (("text->video", "audio->video"), Metric.EUCLIDEAN),
        (("audio->video", "text->video"), Metric.EUCLIDEAN),
        (("text->audio", "video->audio"), Metric.EUCLIDEAN),
        (("text->av", "text->av"), Metric.INNER),
    ],
)
def test_a_gallery_finds_the_best_for_words_and_clips_together(
    many: Gallery, corrections: Any, routes: tuple[str, ...], metric: Metric
) -> None:
    many.reindex("tiny", rules=Rules(tolerance=None), biases=corrections)
    asked = asked_of(many, *routes)
    vector, blend = many.active.blend(asked)
    (hits,) = many.search_vectors(vector, Search(routes[0], 100, blend=blend))
    found = [hit.score for hit in hits]
    assert {hit.window_id: hit.score for hit in hits} == pytest.approx(by_all(many, asked, metric), abs=4e-3)
    assert found == sorted(found, reverse=True)


def test_queries_of_several_spaces_are_refused_naming_them(many: Gallery) -> None:
    with pytest.raises(QueryInvalid, match=r"'text->audio' \(the head 'audio'\), 'text->video' \(the head 'video'\)"):
        many.active.blend(asked_of(many, "text->audio", "text->video"))


def test_windows_that_are_left_out_give_their_place_to_the_next(many: Gallery, tmp_path: Path) -> None:
    asked = many.active.query_vectors("text->video", _rows("text->video"))
    (everything,) = many.search_vectors(asked, Search("text->video", 100))
    gone = frozenset(hit.window_id for hit in everything[:5])
    (found,) = many.search_vectors(asked, Search("text->video", 4, without=gone))
    assert found == everything[5:9]
