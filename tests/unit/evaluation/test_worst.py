"""The worst queries of a route, beside loops over queries and items."""

from dataclasses import replace

import numpy as np
import pytest

from models.evaluation.hubness import OFF
from models.evaluation.retrieval import Retrieval
from models.evaluation.worst import worst
from models.hubness import RouteBias, biases, corrected
from models.scoring import scores
from models.types import F32, Metric

LABELS = np.repeat(np.arange(6), 5)


def half(seed: int) -> F32:
    return np.random.default_rng(seed).normal(size=(30, 4)).astype(np.float32)


ASKED = Retrieval(half(0), half(1), Metric.COSINE, query_labels=LABELS, gallery_labels=LABELS, own=np.arange(30))


@pytest.mark.parametrize("own", [True, False])
def test_the_worst_are_told_with_what_they_find_first(own: bool) -> None:
    asked = ASKED if own else replace(ASKED, own=None)
    precisions, scored = asked.average_precisions(OFF), scores(asked.queries, asked.gallery, asked.metric)
    found = worst(asked, OFF, precisions, most=7, shown=4)
    assert [each.query for each in found] == sorted(range(30), key=lambda query: precisions[query])[:7]
    for each in found:
        items = [item for item in range(30) if not own or item != each.query]
        order = sorted(items, key=lambda item: -scored[each.query, item])
        first = next(place for place, item in enumerate(order, start=1) if LABELS[item] == LABELS[each.query])
        assert (each.hits.tolist(), each.rank) == (order[:4], first)
        assert each.precision == precisions[each.query]


def test_they_are_those_of_the_bias() -> None:
    asked, bias = replace(ASKED, own=None, bank=half(2)), RouteBias(alpha=0.9, neighbours=2)
    assert asked.bank is not None
    off = biases(asked.gallery, asked.bank, asked.metric, bias.normalisation)
    scored = corrected(scores(asked.queries, asked.gallery, asked.metric), off, asked.metric)
    for each in worst(asked, bias, asked.average_precisions(bias), shown=30):
        assert each.hits.tolist() == sorted(range(30), key=lambda item: -scored[each.query, item])


def test_queries_with_nothing_to_find_are_none_of_them() -> None:
    asked = replace(ASKED, query_labels=np.where(LABELS == 2, 99, LABELS))
    found = worst(asked, OFF, asked.average_precisions(OFF), most=30)
    assert len(found) == 25
    assert all(LABELS[each.query] != 2 for each in found)
    assert worst(asked, OFF, np.full(30, np.nan)) == []


def test_fewer_items_than_are_shown_are_all_shown() -> None:
    asked = Retrieval(half(3)[:2], half(4)[:2], Metric.COSINE, query_labels=LABELS[:2], gallery_labels=LABELS[:2])
    found = worst(replace(asked, own=np.arange(2)), OFF, np.ones(2))
    assert [each.hits.tolist() for each in found] == [[1], [0]]
