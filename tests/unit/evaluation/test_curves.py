"""Precision along recall, against the definition written out as a loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluation.curves import LEVELS, precision_at_recall
from models.types import F32, I64, Bool


def by_definition(scores: F32, relevant: Bool, own: int) -> list[float]:
    """At each level the highest precision of any cut of the ranking that has found that share."""
    ranking = sorted((i for i in range(len(scores)) if i != own), key=lambda i: (-scores[i], relevant[i]))
    total = sum(bool(relevant[i]) for i in ranking)
    if not total:
        return [float("nan")] * 11
    cuts = []
    for end in range(1, len(ranking) + 1):
        hits = sum(bool(relevant[i]) for i in ranking[:end])
        cuts.append((hits / total, hits / end))
    return [max(precision for recall, precision in cuts if recall >= level - 1e-9) for level in LEVELS]


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_it_is_the_highest_precision_at_that_recall_or_beyond(seed: int, items: int) -> None:
    numbers = np.random.default_rng(seed)
    scores = numbers.integers(0, 4, (5, items)).astype(np.float32)
    relevant, own = numbers.random((5, items)) < 0.4, numbers.integers(-1, items, 5)
    wanted = [by_definition(*each) for each in zip(scores, relevant, own.tolist(), strict=True)]
    assert precision_at_recall(scores, relevant, own=own) == pytest.approx(np.array(wanted), nan_ok=True)


def test_a_perfect_ranking_is_pure_at_every_level_and_the_reverse_at_none() -> None:
    scores, relevant = np.array([[3, 2, 1, 0]], np.float32), np.array([[True, True, False, False]])
    none: I64 = np.array([-1])
    assert precision_at_recall(scores, relevant, own=none).tolist() == [[1.0] * 11]
    assert precision_at_recall(-scores, relevant, own=none).tolist() == [[0.5] * 11]
