"""Retrieval with and without hubness correction against loops, and the choice of a normalisation."""

import math

import numpy as np
import pytest

from models.bundle.manifest import RouteSpec
from models.evaluation.evaluating import Labels, evaluate, retrieval
from models.evaluation.hubness import GRID, Merit, choose, correct
from models.evaluation.ranking import by_label
from models.evaluation.retrieval import BLOCK, Retrieval
from models.evaluation.scorer import Fusion, Scorer
from models.hubness import OFF, Normalisation, biases, corrected
from models.scoring import scores
from models.types import F32, I64, Metric

NUMBERS = np.random.default_rng(0)
LABELS: I64 = NUMBERS.integers(0, 5, 18)
QUERIES: F32 = NUMBERS.normal(size=(18, 4)).astype(np.float32)
GALLERY: F32 = (QUERIES + NUMBERS.normal(size=(18, 4))).astype(np.float32)
BANK: F32 = NUMBERS.normal(size=(9, 4)).astype(np.float32)
SOME = Normalisation(0.7, 3)
METRICS = pytest.mark.parametrize("metric", Metric)


def pairs(metric: Metric, *, own: I64 | None = None, bank: F32 | None = None) -> Retrieval:
    return Retrieval(QUERIES, GALLERY, metric, query_labels=LABELS, gallery_labels=LABELS, own=own, bank=bank)


def by_loop(metric: Metric, *, own: bool, bank: F32 | None) -> tuple[list[float], list[float]]:
    """The first rank and the average precision of every query, NaN where there is nothing to find."""
    ranks: list[float] = []
    precisions: list[float] = []
    for query, label in enumerate(LABELS):
        known = np.delete(QUERIES, query, axis=0) if bank is None else bank
        plain = scores(QUERIES[query : query + 1], GALLERY, metric)
        found = corrected(plain, biases(GALLERY, known, metric, SOME), metric)[0]
        items = [item for item in np.argsort(-found).tolist() if not (own and item == query)]
        places = [place for place, item in enumerate(items, start=1) if LABELS[item] == label]
        ranks.append(places[0] if places else math.nan)
        precisions.append(float(np.mean([n / place for n, place in enumerate(places, 1)])) if places else math.nan)
    return ranks, precisions


@METRICS
@pytest.mark.parametrize("bank", [None, BANK], ids=["own queries", "given bank"])
@pytest.mark.parametrize("own", [True, False])
def test_corrected_figures_are_those_of_a_loop(metric: Metric, own: bool, bank: F32 | None) -> None:
    found = correct(pairs(metric, own=np.arange(18) if own else None, bank=bank), SOME).corrected
    ranks, precisions = by_loop(metric, own=own, bank=bank)
    known = [each for each in ranks if not math.isnan(each)]
    assert found.recall == {k: pytest.approx(sum(rank <= k for rank in known) / len(known)) for k in (1, 5, 10)}
    assert found.by_sample == pytest.approx(np.nanmean(precisions))
    by_class = [np.nanmean([p for p, of in zip(precisions, LABELS, strict=True) if of == c]) for c in set(LABELS)]
    assert found.by_class == pytest.approx(np.mean(by_class))


@METRICS
def test_plain_figures_are_those_of_the_route_as_it_is(metric: Metric) -> None:
    own = np.arange(18)
    found = correct(pairs(metric, own=own), SOME).plain
    expected = by_label(QUERIES, GALLERY, query_labels=LABELS, gallery_labels=LABELS, metric=metric, own=own)
    assert found.by_sample == pytest.approx(np.nanmean(expected))
    assert correct(pairs(metric, own=own), OFF).corrected == found


def test_more_queries_than_are_looked_at_at_once_are_found_as_in_parts() -> None:
    queries, gallery = (NUMBERS.normal(size=(2100, 3)).astype(np.float32) for _ in range(2))
    labels = np.arange(2100) % 700
    assert BLOCK < 2100 * 2100

    def figures(part: slice) -> tuple[float, float]:
        some = Retrieval(queries[part], gallery, Metric.COSINE, labels[part], labels, bank=BANK[:, :3])
        found = correct(some, SOME).corrected
        return found.recall[5], found.by_sample

    parts = [figures(slice(start, start + 300)) for start in range(0, 2100, 300)]
    assert figures(slice(None)) == pytest.approx(np.mean(parts, axis=0))


def test_no_queries_have_no_figures() -> None:
    none = Retrieval(QUERIES[:0], GALLERY, Metric.INNER, query_labels=LABELS[:0], gallery_labels=LABELS)
    found = correct(none, SOME).corrected
    assert all(math.isnan(each) for each in (*found.recall.values(), found.by_class, found.by_sample))


def test_an_irrelevant_item_of_the_same_score_comes_first() -> None:
    rows = np.ones((3, 2), np.float32)
    labels = np.array([0, 1, 2])
    found = correct(Retrieval(rows[:1], rows, Metric.INNER, query_labels=labels[:1], gallery_labels=labels), OFF)
    assert found.plain.recall == {1: 0.0, 5: 1.0, 10: 1.0}


def test_queries_with_nothing_to_find_have_no_figure() -> None:
    nothing = Retrieval(QUERIES, GALLERY, Metric.INNER, query_labels=LABELS, gallery_labels=LABELS + 9)
    found = correct(nothing, SOME).corrected
    assert all(math.isnan(each) for each in (*found.recall.values(), found.by_class, found.by_sample))


def hub() -> Retrieval:
    """Pairs of which one gallery item is nearly every query's nearest, though only one's own."""
    numbers = np.random.default_rng(2)
    queries = (numbers.normal(size=(60, 12)) + 1).astype(np.float32)
    gallery = (queries + 0.7 * numbers.normal(size=queries.shape)).astype(np.float32)
    gallery[0] = 3 * queries.mean(axis=0)
    own = np.arange(60)
    return Retrieval(queries, gallery, Metric.INNER, query_labels=own, gallery_labels=own)


@pytest.mark.parametrize("merit", ["recall", "precision"])
def test_the_best_normalisation_on_validation_is_chosen(merit: Merit) -> None:
    chosen = choose(hub(), merit=merit)
    tried = [correct(hub(), each).corrected for each in GRID]
    assert chosen.plain == correct(hub(), OFF).plain
    if merit == "recall":
        assert chosen.corrected.recall[1] == max(each.recall[1] for each in tried) > chosen.plain.recall[1]
    else:
        assert chosen.corrected.by_class == max(each.by_class for each in tried) > chosen.plain.by_class
    assert tried[GRID.index(chosen.normalisation)] == chosen.corrected


def test_no_correction_is_kept_where_none_is_better() -> None:
    own = np.arange(18)
    perfect = Retrieval(QUERIES, QUERIES, Metric.EUCLIDEAN, query_labels=own, gallery_labels=own)
    chosen = choose(perfect, grid=[Normalisation(1e-6, 1)])
    assert (chosen.normalisation, chosen.corrected) == (OFF, chosen.plain)


def test_an_evaluation_has_both_figures_of_the_routes_asked_for_and_all_others_as_before() -> None:
    embedded = {"audio": QUERIES, "video": GALLERY, "text": BANK[:5]}
    routes = {
        f"{q}->{g}": RouteSpec(query=q, gallery=g, metric=Metric.EUCLIDEAN)
        for q, g in (("audio", "video"), ("text", "video"), ("audio", "text"))
    }
    scorer = Scorer(lambda head: embedded[head], routes, {})
    labels = Labels(clips=LABELS, seen=np.array([True, True, True, False, False]))
    plain = evaluate(scorer, labels, {"audio": 0.2})
    found = evaluate(scorer, labels, {"audio": 0.2}, normalisations={"audio->video": SOME, "text->video": SOME})
    assert plain.corrections == {}
    assert (found.classification, found.retrieval) == (plain.classification, plain.retrieval)
    assert found.corrections == {
        name: correct(retrieval(scorer, name, labels, leave_one_out=True), SOME)
        for name in ("audio->video", "text->video")
    }
    clips, words = (found.corrections[f"{query}->video"] for query in ("audio", "text"))
    assert clips == correct(pairs(Metric.EUCLIDEAN, own=np.arange(18)), SOME)
    assert words.plain.by_sample == pytest.approx(found.retrieval["text->video"].by_sample)


def test_a_route_that_is_a_fusion_of_two_cannot_be_corrected() -> None:
    route = RouteSpec(query="audio", gallery="video", metric=Metric.INNER)
    scorer = Scorer(lambda head: QUERIES, {"audio->video": route}, {"audio->video": Fusion((route, route), "mean")})
    labels = Labels(clips=LABELS, seen=np.ones(5, np.bool_))
    with pytest.raises(ValueError, match="fusion"):
        evaluate(scorer, labels, {}, normalisations={"audio->video": SOME})
