"""Retrieval with and without biases against loops, and the choice of a bias."""

import math

import numpy as np
import pytest

from models.bundle.manifest import RouteSpec
from models.evaluation.evaluating import Labels, averaged, evaluate, precision, retrieval
from models.evaluation.hubness import BETAS, GRID, OFF, Merit, betas, choose, choose_seen, correct
from models.evaluation.ranking import by_label
from models.evaluation.retrieval import BLOCK, Retrieval
from models.evaluation.scorer import Fusion, Scorer
from models.hubness import RouteBias, biases, corrected, seen_biases
from models.scoring import scores
from models.types import F32, I64, Bool, Metric

NUMBERS = np.random.default_rng(0)
LABELS: I64 = NUMBERS.integers(0, 5, 18)
QUERIES: F32 = NUMBERS.normal(size=(18, 4)).astype(np.float32)
GALLERY: F32 = (QUERIES + NUMBERS.normal(size=(18, 4))).astype(np.float32)
BANK: F32 = NUMBERS.normal(size=(9, 4)).astype(np.float32)
SOME = RouteBias(alpha=0.7, neighbours=3)
SEEN = LABELS < 3
IN_BANK: I64 = np.where(np.arange(18) % 2, np.arange(18) // 2, -1)
METRICS = pytest.mark.parametrize("metric", Metric)


def pairs(
    metric: Metric,
    *,
    own: I64 | None = None,
    bank: F32 | None = None,
    in_bank: I64 | None = None,
    seen: Bool | None = None,
) -> Retrieval:
    return Retrieval(
        QUERIES,
        GALLERY,
        metric,
        query_labels=LABELS,
        gallery_labels=LABELS,
        own=own,
        bank=bank,
        in_bank=in_bank,
        seen_items=seen,
    )


def by_loop(metric: Metric, bias: RouteBias, *, own: bool, banks: list[F32]) -> tuple[list[float], list[float]]:
    """The first rank and the average precision of every query, NaN where there is nothing to find."""
    ranks: list[float] = []
    precisions: list[float] = []
    for query, label in enumerate(LABELS):
        plain = scores(QUERIES[query : query + 1], GALLERY, metric)
        off = biases(GALLERY, banks[query], metric, bias.normalisation) + seen_biases(SEEN, bias.seen)
        found = corrected(plain, off, metric)[0]
        items = [item for item in np.argsort(-found).tolist() if not (own and item == query)]
        places = [place for place, item in enumerate(items, start=1) if LABELS[item] == label]
        ranks.append(places[0] if places else math.nan)
        precisions.append(float(np.mean([n / place for n, place in enumerate(places, 1)])) if places else math.nan)
    return ranks, precisions


EACH_LEFT_OUT = [np.delete(QUERIES, query, axis=0) for query in range(18)]
SOME_LEFT_OUT = [BANK if place < 0 else np.delete(BANK, place, axis=0) for place in IN_BANK]
BANKS = pytest.mark.parametrize(
    ("bank", "in_bank", "met"),
    [(None, None, EACH_LEFT_OUT), (BANK, None, [BANK] * 18), (BANK, IN_BANK, SOME_LEFT_OUT)],
    ids=["own queries", "given bank", "own left out of a given bank"],
)


@METRICS
@BANKS
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("bias", [SOME, RouteBias(seen=0.5), RouteBias(alpha=0.4, neighbours=2, seen=0.3)])
def test_corrected_figures_are_those_of_a_loop(
    metric: Metric, own: bool, bank: F32 | None, in_bank: I64 | None, met: list[F32], bias: RouteBias
) -> None:
    asked = pairs(metric, own=np.arange(18) if own else None, bank=bank, in_bank=in_bank, seen=SEEN)
    found = correct(asked, bias).corrected
    ranks, precisions = by_loop(metric, bias, own=own, banks=met)
    known = [each for each in ranks if not math.isnan(each)]
    assert found.recall == {k: pytest.approx(sum(rank <= k for rank in known) / len(known)) for k in (1, 5, 10)}
    assert found.by_sample == pytest.approx(np.nanmean(precisions))
    by_class = {c: np.nanmean([p for p, of in zip(precisions, LABELS, strict=True) if of == c]) for c in set(LABELS)}
    assert found.by_class == pytest.approx(np.mean(list(by_class.values())))
    seen, others = (np.mean([each for c, each in by_class.items() if (c < 3) == side]) for side in (True, False))
    assert found.harmonic == pytest.approx(2 * seen * others / (seen + others))
    assert asked.average_precisions(bias) == pytest.approx(np.array(precisions), nan_ok=True)


@BANKS
def test_some_of_the_queries_meet_the_same_bank_as_all(bank: F32 | None, in_bank: I64 | None, met: list[F32]) -> None:
    asked = pairs(Metric.COSINE, own=np.arange(18), bank=bank, in_bank=in_bank, seen=SEEN)
    rows = np.array([3, 0, 11, 8])
    expected = asked.average_precisions(SOME)[rows]
    assert asked.asked(rows).average_precisions(SOME).tolist() == pytest.approx(expected.tolist(), nan_ok=True)


def test_some_of_the_gallery_are_found_as_if_there_were_no_others() -> None:
    rows = np.array([3, 0, 11, 8, 9])
    few = Retrieval(QUERIES, GALLERY[rows], Metric.COSINE, LABELS, LABELS[rows], bank=BANK, seen_items=SEEN[rows])
    assert correct(pairs(Metric.COSINE, bank=BANK, seen=SEEN).among(rows), SOME) == correct(few, SOME)


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
def test_the_best_bias_on_validation_is_chosen(merit: Merit) -> None:
    chosen = choose(hub(), merit=merit)
    tried = [correct(hub(), each).corrected for each in GRID]
    assert chosen.plain == correct(hub(), OFF).plain
    if merit == "recall":
        assert chosen.corrected.recall[1] == max(each.recall[1] for each in tried) > chosen.plain.recall[1]
    else:
        assert chosen.corrected.by_class == max(each.by_class for each in tried) > chosen.plain.by_class
    assert tried[GRID.index(chosen.bias)] == chosen.corrected


def test_no_correction_is_kept_where_none_is_better() -> None:
    own = np.arange(18)
    perfect = Retrieval(QUERIES, QUERIES, Metric.EUCLIDEAN, query_labels=own, gallery_labels=own)
    chosen = choose(perfect, grid=[RouteBias(alpha=1e-6, neighbours=1)])
    assert (chosen.bias, chosen.corrected) == (OFF, chosen.plain)


def words(metric: Metric) -> Retrieval:
    """Five words of which three were trained with: their clips are nearer to all words than those of the others."""
    numbers = np.random.default_rng(4)
    asked = np.eye(5, 6, dtype=np.float32)
    labels = np.arange(60) % 5
    clips = asked[labels] + 0.35 * numbers.normal(size=(60, 6)).astype(np.float32)
    clips[:, 5] += 1.5 * (labels >= 3)
    asked[:, 5] -= 0.5
    return Retrieval(asked, clips, metric, np.arange(5), labels, bank=asked[:3], seen_items=labels < 3)


@METRICS
@pytest.mark.parametrize("bias", [OFF, RouteBias(alpha=0.25, neighbours=2)])
def test_the_seen_class_bias_of_the_best_harmonic_mean_on_validation_is_chosen(metric: Metric, bias: RouteBias) -> None:
    chosen = choose_seen(words(metric), bias)
    grid = betas(words(metric), bias, words(metric).highest(bias.neighbours))
    tried = [correct(words(metric), bias.model_copy(update={"seen": beta})).corrected for beta in grid.tolist()]
    means = [each.harmonic or 0.0 for each in tried]
    assert chosen.bias == bias.model_copy(update={"seen": grid[np.argmax(means)]})
    assert chosen.corrected == tried[int(np.argmax(means))]
    assert (chosen.plain.harmonic or 0) < max(means)
    assert chosen.bias.seen > 0


@METRICS
def test_betas_reach_from_nothing_to_where_no_best_item_is_of_a_seen_class(metric: Metric) -> None:
    asked = words(metric)
    found = betas(asked, OFF, asked.highest(1))
    assert (len(found), found[0]) == (BETAS, 0.0)

    def first_of_a_seen_class(beta: float) -> int:
        ((scored, _, _),) = asked.blocks(RouteBias(seen=beta), asked.highest(1))
        return int((asked.gallery_labels[scored.argmax(axis=1)] < 3).sum())

    assert first_of_a_seen_class(found[-1] * 1.001) == 0 < first_of_a_seen_class(found[-1] * 0.999)


@pytest.mark.parametrize("seen", [None, np.ones(18, np.bool_), np.zeros(18, np.bool_)], ids=["unknown", "all", "none"])
def test_a_bias_stays_as_it_is_where_items_are_not_of_seen_and_of_other_classes(seen: Bool | None) -> None:
    chosen = choose_seen(pairs(Metric.COSINE, bank=BANK, seen=seen), SOME)
    assert (chosen.bias, chosen.corrected.harmonic) == (SOME, None)


def test_no_seen_class_bias_is_taken_of_no_queries() -> None:
    none = Retrieval(QUERIES[:0], GALLERY, Metric.INNER, LABELS[:0], LABELS, seen_items=SEEN)
    assert choose_seen(none, SOME).bias == SOME


def test_an_evaluation_has_both_figures_of_the_routes_asked_for_and_all_others_as_before() -> None:
    embedded = {"audio": QUERIES, "video": GALLERY, "text": BANK[:5]}
    routes = {
        f"{q}->{g}": RouteSpec(query=q, gallery=g, metric=Metric.EUCLIDEAN)
        for q, g in (("audio", "video"), ("text", "video"), ("audio", "text"))
    }
    scorer = Scorer(lambda head: embedded[head], routes, {})
    labels = Labels(clips=LABELS, seen=np.array([True, True, True, False, False]))
    plain = evaluate(scorer, labels, {"audio": 0.2})
    found = evaluate(scorer, labels, {"audio": 0.2}, biases={"audio->video": SOME, "text->video": SOME})
    assert plain.corrections == {}
    assert (found.classification, found.retrieval) == (plain.classification, plain.retrieval)
    assert found.corrections == {
        name: correct(retrieval(scorer, name, labels, leave_one_out=True), SOME)
        for name in ("audio->video", "text->video")
    }
    clips, words = (found.corrections[f"{query}->video"] for query in ("audio", "text"))
    asked = Retrieval(BANK[:5], GALLERY, Metric.EUCLIDEAN, np.arange(5), LABELS, bank=BANK[:3], seen_items=SEEN)
    assert words == correct(asked, SOME)
    assert clips == correct(pairs(Metric.EUCLIDEAN, own=np.arange(18), seen=SEEN), SOME)
    assert words.plain.by_sample == pytest.approx(found.retrieval["text->video"].by_sample)


def test_average_precisions_of_a_bias_that_is_off_average_as_those_of_the_route() -> None:
    embedded = {"audio": QUERIES, "video": GALLERY}
    routes = {"audio->video": RouteSpec(query="audio", gallery="video", metric=Metric.COSINE)}
    scorer = Scorer(lambda head: embedded[head], routes, {})
    labels = Labels(clips=LABELS, seen=np.array([True, True, True, False, False]))
    plain = precision(scorer, "audio->video", labels, leave_one_out=True)
    found = retrieval(scorer, "audio->video", labels, leave_one_out=True).average_precisions(OFF)
    again = averaged(found, "audio->video", labels, leave_one_out=True)
    assert (again.found.seen, again.found.unseen) == pytest.approx((plain.found.seen, plain.found.unseen))
    assert again.chance == plain.chance
    assert again.by_sample == pytest.approx(plain.by_sample)


def test_a_route_that_is_a_fusion_of_two_cannot_be_corrected() -> None:
    route = RouteSpec(query="audio", gallery="video", metric=Metric.INNER)
    scorer = Scorer(lambda head: QUERIES, {"audio->video": route}, {"audio->video": Fusion((route, route), "mean")})
    labels = Labels(clips=LABELS, seen=np.ones(5, np.bool_))
    with pytest.raises(ValueError, match="fusion"):
        evaluate(scorer, labels, {}, biases={"audio->video": SOME})
