"""Average precisions by torch, here on the CPU, against those by numpy."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from models.evaluation import ranking
from models.methods import build
from models.types import F32, F64, Metric
from tests.tiny.world import world
from training import device_ranking
from training.validation import _ranker

CPU = torch.device("cpu")


def both(queries: F32, gallery: F32, **given: Any) -> tuple[F64, F64]:
    by_numpy = ranking.by_label(queries, gallery, **given)
    return by_numpy, device_ranking.by_label(queries, gallery, **given, device=CPU)


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("block", [1, 5_000, 2**25])
def test_they_are_those_of_numpy_with_and_without_items_left_out(
    metric: Metric, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_ranking, "BLOCK", block)
    numbers = np.random.default_rng(0)
    queries, gallery = (numbers.normal(size=(n, 16)).astype(np.float32) for n in (41, 700))
    of_queries, of_gallery = numbers.integers(0, 6, 41), numbers.integers(0, 5, 700)
    own = np.where(numbers.random(41) < 0.5, numbers.integers(0, 700, 41), -1)
    for each in (None, own):
        expected, found = both(
            queries, gallery, query_labels=of_queries, gallery_labels=of_gallery, metric=metric, own=each
        )
        assert np.isnan(found[of_queries == 5]).all()
        assert found == pytest.approx(expected, abs=1e-6, nan_ok=True)


@settings(max_examples=80)
@given(
    queries=arrays.arrays(np.float32, (3, 4), elements=st.integers(-2, 2)),
    gallery=arrays.arrays(np.float32, st.tuples(st.integers(1, 30), st.just(4)), elements=st.integers(-2, 2)),
    seed=st.integers(0, 2**32 - 1),
    metric=st.sampled_from(list(Metric)),
)
def test_what_is_equally_far_ties_as_in_numpy(queries: F32, gallery: F32, seed: int, metric: Metric) -> None:
    if metric is Metric.COSINE:  # lengths of 2: of others, equal cosines may differ in their last bit, either way
        queries, gallery = (np.where(each < 0, -1, 1).astype(np.float32) for each in (queries, gallery))
    numbers = np.random.default_rng(seed)
    labels, own = numbers.integers(0, 2, len(gallery)), numbers.integers(-1, len(gallery), 3)
    expected, found = both(
        queries, gallery, query_labels=np.zeros(3, np.int64), gallery_labels=labels, metric=metric, own=own
    )
    assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_no_query_has_no_figure_and_an_empty_gallery_nothing_to_find() -> None:
    vectors, labels = np.eye(3, dtype=np.float32), np.arange(3)
    _, none = both(vectors[:0], vectors, query_labels=labels[:0], gallery_labels=labels, metric=Metric.EUCLIDEAN)
    _, empty = both(vectors, vectors[:0], query_labels=labels, gallery_labels=labels[:0], metric=Metric.EUCLIDEAN)
    assert none.shape == (0,)
    assert np.isnan(empty).all()


def test_a_method_is_ranked_where_it_is() -> None:
    """By the processor's own way there: torch's takes several times as long on one."""
    made = world(seen=6, unseen=3, clips=4, audio=8, video=8, text=12)
    method = build("devise", made.training.task, {})
    assert _ranker(method) is ranking.by_label
    elsewhere = _ranker(method.to(torch.device("meta")))
    assert isinstance(elsewhere, partial)
    assert (elsewhere.func, elsewhere.keywords) == (device_ranking.by_label, {"device": torch.device("meta")})
