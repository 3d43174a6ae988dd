"""The sigmoid of a route, fitted on what a retrieval finds."""

from dataclasses import replace

import numpy as np
import pytest

from models.evaluation import likelihood as module
from models.evaluation.hubness import OFF
from models.evaluation.likelihood import likelihood, pairs_of
from models.evaluation.retrieval import Retrieval
from models.hubness import RouteBias, biases, corrected
from models.probability import fit
from models.scoring import scores
from models.types import F32, Metric


def retrieval(*, classes: int = 6, each: int = 5, seed: int = 0, noise: float = 1.0) -> Retrieval:
    """Clips that ask for the other half of themselves and of their class."""
    numbers = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    middles = numbers.normal(size=(classes, 4))[labels]

    def half() -> F32:
        return (middles + noise * numbers.normal(size=middles.shape)).astype(np.float32)

    own = np.arange(len(labels))
    return Retrieval(half(), half(), Metric.EUCLIDEAN, query_labels=labels, gallery_labels=labels, own=own)


def test_pairs_are_all_queries_with_all_items_but_their_own() -> None:
    asked = retrieval()
    found = pairs_of(asked, OFF)
    scored = scores(asked.queries, asked.gallery, asked.metric)
    expected = [
        (scored[q, g], asked.query_labels[q] == asked.gallery_labels[g], asked.query_labels[q])
        for q in range(30)
        for g in range(30)
        if q != g
    ]
    assert found.queries == 30
    assert list(zip(found.scores, found.relevant, found.classes, strict=True)) == expected


def test_the_pairs_that_are_shown_are_the_best_ten_of_each_query() -> None:
    asked = retrieval()
    found = pairs_of(asked, OFF)
    for rows in np.arange(30 * 29).reshape(30, 29):
        best = rows[np.argsort(-found.scores[rows])[:10]]
        assert sorted(rows[found.shown[rows]]) == sorted(best)


def test_queries_with_nothing_to_find_are_left_out() -> None:
    asked = retrieval()
    asked = replace(asked, query_labels=np.where(asked.query_labels == 2, 99, asked.query_labels))
    assert pairs_of(asked, OFF).queries == 25


def test_scores_are_those_of_the_bias() -> None:
    asked, bias = replace(retrieval(), own=None), RouteBias(alpha=0.7, neighbours=3)
    bank = np.random.default_rng(3).normal(size=(8, 4)).astype(np.float32)
    asked = replace(asked, bank=bank)
    off = biases(asked.gallery, bank, asked.metric, bias.normalisation)
    expected = corrected(scores(asked.queries, asked.gallery, asked.metric), off, asked.metric)
    assert pairs_of(asked, bias).scores == pytest.approx(expected.ravel())


def test_of_many_some_are_chosen_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_QUERIES", 6)
    monkeypatch.setattr(module, "MOST_PAIRS", 60)
    found = pairs_of(retrieval(), OFF)
    assert found.queries == 6
    assert set(found.classes) == set(range(6))
    assert 50 <= len(found.scores) <= 60


def test_what_is_found_is_told_with_how_good_it_is_on_classes_it_was_not_fitted_on() -> None:
    asked = retrieval(classes=20)
    found = likelihood(asked, OFF, fitted_on="a test")
    assert found is not None
    pairs, record = pairs_of(asked, OFF), found.route
    assert record.sigmoid == fit(pairs.scores, pairs.relevant)
    assert (record.queries, record.pairs) == (100, 9900)
    assert record.base_rate == pytest.approx(4 / 99)
    predicted = np.empty(9900)
    for odd in (0, 1):
        half = pairs.classes % 2 == odd
        predicted[half] = fit(pairs.scores[~half], pairs.relevant[~half]).of(pairs.scores[half])
    right = np.where(pairs.relevant, predicted, 1 - predicted)
    assert record.log_loss == pytest.approx(-np.log(right).mean())
    assert sum(each.count for each in found.bins) == 9900
    assert record.error is not None
    assert record.hits_error is not None
    assert record.error < 0.02
    assert record.hits_error < 0.2
    always = -(record.base_rate * np.log(record.base_rate) + (1 - record.base_rate) * np.log(1 - record.base_rate))
    assert record.log_loss < always


def test_too_few_relevant_pairs_fit_nothing() -> None:
    assert likelihood(retrieval(classes=3, each=2), OFF, fitted_on="a test") is None


def test_one_class_alone_fits_nothing() -> None:
    assert likelihood(retrieval(classes=1, each=8), OFF, fitted_on="a test") is None


def test_queries_of_one_class_are_not_judged_on_others() -> None:
    asked = retrieval(classes=2, each=8)
    found = likelihood(asked.asked(np.arange(8)), OFF, fitted_on="a test")
    assert found is not None
    assert (found.route.log_loss, found.route.hits_error, found.bins) == (None, None, ())
