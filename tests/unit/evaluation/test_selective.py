"""Abstaining below a margin, beside loops over the samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.selective import margins, selected
from models.types import F32, I64


def sample(seed: int, n: int = 40, c: int = 5) -> tuple[F32, I64]:
    """Scores that are rather right, with ties among them."""
    numbers = np.random.default_rng(seed)
    labels = numbers.integers(c, size=n)
    scores = numbers.normal(size=(n, c)).round(1).astype(np.float32)
    scores[np.arange(n), labels] += 1
    return scores, labels.astype(np.int64)


def test_a_margin_is_the_best_minus_the_second_best() -> None:
    scores, _ = sample(0)
    by_hand = [sorted(row)[-1] - sorted(row)[-2] for row in scores.tolist()]
    assert margins(scores) == pytest.approx(by_hand, abs=1e-6)


@given(st.integers(0, 200))
def test_what_is_told_holds_for_whoever_abstains_below_it(seed: int) -> None:
    scores, labels = sample(seed)
    for share, each in zip([each / 10 for each in range(10, 0, -1)], selected(scores, labels), strict=True):
        answered = [row for row in range(len(scores)) if margins(scores)[row] >= each.below]
        right = [row for row in answered if scores[row].argmax() == labels[row]]
        assert each.answered == pytest.approx(len(answered) / len(scores))
        assert each.right == pytest.approx(len(right) / len(answered))
        assert each.answered >= share - 1e-9


@given(st.integers(0, 200))
def test_the_fewer_are_answered_the_higher_the_margin(seed: int) -> None:
    found = selected(*sample(seed))
    below = [each.below for each in found]
    assert below == sorted(below)
    assert found[0].answered == 1.0


@given(st.integers(0, 50), st.floats(-100, 100))
def test_what_moves_all_scores_of_a_sample_alike_changes_nothing(seed: int, by: float) -> None:
    scores, _ = sample(seed)
    moved = (scores.astype(np.float64) + by).astype(np.float32)
    assert margins(moved) == pytest.approx(margins(scores), abs=1e-4)


def test_where_margins_tell_right_from_wrong_abstaining_leaves_only_what_is_right() -> None:
    scores = np.array([[2, 0], [1.5, 0], [0.2, 0], [0.1, 0]], np.float32)
    found = selected(scores, np.array([0, 0, 1, 1], np.int64), shares=(1.0, 0.5))
    assert [each.right for each in found] == [0.5, 1.0]
    assert found[1].below == pytest.approx(1.5)
