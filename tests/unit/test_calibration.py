"""Calibrated stacking against loops, and its choice of beta."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from models.calibration import (
    FIXED_GRID,
    Stacking,
    StackingCurve,
    beta_grid,
    choose_beta,
    curve,
    stack,
    stacking_curve,
)
from models.types import F32, I64, Bool

SEEN = np.array([True, True, False])


@st.composite
def samples(draw: st.DrawFn) -> tuple[F32, I64, Bool]:
    """Scores full of ties, some of which only rounding makes, with their labels and which classes are seen."""
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, columns = draw(st.integers(1, 20)), draw(st.integers(1, 6))
    # Steps of 1e-7 beside 1, and of 1 beside 3e7: float32 tells them apart before beta is taken off or after, not both.
    step, middle = draw(st.sampled_from([(1.0, 0.0), (0.2, 0.0), (6e-8, 1.0), (1e-7, 0.0), (2.0, 3e7)]))
    scores = (middle + step * numbers.integers(-3, 4, (rows, columns))).astype(np.float32)
    return scores, numbers.integers(0, columns, rows), numbers.random(columns) < 0.5


def by_argmax(scores: F32, labels: I64, seen: Bool, beta: float) -> Stacking:
    """The answers of all classes' stacked scores, class by class."""
    right = stack(scores, seen, beta).argmax(axis=1) == labels
    recalls: dict[bool, list[float]] = {True: [], False: []}
    for label in np.unique(labels):
        recalls[bool(seen[label])].append(float(right[labels == label].mean()))
    s, u = (float(np.mean(recalls[side])) if recalls[side] else 0.0 for side in (True, False))
    return Stacking(beta, s, u, 2 * s * u / (s + u) if s + u else 0.0)


@given(samples(), st.lists(st.sampled_from([*FIXED_GRID.tolist(), 1e-8, 1e-3, 1e6, -0.4]), min_size=1, max_size=6))
@settings(max_examples=300)
def test_a_curve_is_that_of_the_argmax_of_stacked_scores_to_the_bit(
    made: tuple[F32, I64, Bool], betas: list[float]
) -> None:
    assert curve(*made, betas) == [by_argmax(*made, beta) for beta in betas]


@given(samples())
@settings(max_examples=60)
def test_the_first_or_the_middle_of_the_best_betas_is_the_naive_choice(made: tuple[F32, I64, Bool]) -> None:
    tried = [by_argmax(*made, float(beta)) for beta in FIXED_GRID]
    best = [each for each in tried if each.harmonic_mean == max(each.harmonic_mean for each in tried)]
    assert choose_beta(*made, FIXED_GRID, equals="first") == best[0]
    assert choose_beta(*made, FIXED_GRID, equals="middle") == best[len(best) // 2]


def test_a_curve_without_samples_is_zero() -> None:
    found = curve(np.empty((0, 3), np.float32), np.empty(0, np.int64), SEEN, [0, 1])
    assert found == [Stacking(0, 0, 0, 0), Stacking(1, 0, 0, 0)]


def test_stacking_lowers_seen_classes_only() -> None:
    scores = np.array([[1, 2, 3]], np.float32)
    assert stack(scores, SEEN, 0.5).tolist() == [[0.5, 1.5, 3]]
    assert scores.tolist() == [[1, 2, 3]]


def test_the_chosen_beta_lets_the_unseen_class_win_where_it_is_right() -> None:
    scores = np.array([[5, 0, 1], [0, 5, 1], [3, 0, 2]], np.float32)
    labels = np.array([0, 1, 2])
    chosen = choose_beta(scores, labels, SEEN, [0, 2, 9])
    assert (chosen.beta, chosen.seen_accuracy, chosen.unseen_accuracy, chosen.harmonic_mean) == (2, 1, 1, 1)


def test_the_middle_of_equally_good_betas_is_chosen() -> None:
    scores = np.array([[5, 0, 1], [0, 5, 1], [3, 0, 2]], np.float32)
    assert choose_beta(scores, np.array([0, 1, 2]), SEEN, [0, 1.2, 2, 3.5, 9]).beta == 2


def test_accuracies_are_means_over_classes_not_samples() -> None:
    scores = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    chosen = choose_beta(scores, np.array([0, 0, 0, 1, 2]), SEEN, [0])
    assert (chosen.seen_accuracy, chosen.unseen_accuracy) == (0.5, 1)


def test_without_unseen_samples_the_harmonic_mean_is_zero() -> None:
    assert choose_beta(np.eye(3, dtype=np.float32), np.array([0, 1, 1]), SEEN, [0]).harmonic_mean == 0


@given(seed=st.integers(0, 1000))
@settings(max_examples=30)
def test_the_grid_goes_from_all_answers_seen_to_none(seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(20, 3)).astype(np.float32)
    grid = beta_grid(scores, SEEN)
    assert len(grid) == 26
    assert np.diff(grid) == pytest.approx(np.diff(grid)[0])
    assert SEEN[stack(scores, SEEN, grid[0] - 1e-4).argmax(1)].all()
    assert not SEEN[stack(scores, SEEN, grid[-1] + 1e-4).argmax(1)].any()
    assert not SEEN[stack(scores, SEEN, grid[0] + 1e-4).argmax(1)].all()


@pytest.mark.parametrize("chosen", [0.0, 0.3, -7.5])
def test_a_kept_curve_says_what_each_of_its_betas_gives_from_all_seen_to_none(chosen: float) -> None:
    numbers = np.random.default_rng(1)
    scores, labels = numbers.normal(size=(500, 3)).astype(np.float32), numbers.integers(0, 3, 500)
    found = stacking_curve(scores, labels, SEEN, chosen=chosen, measured_on="a test")
    assert found is not None
    assert {0.0, chosen} <= set(found.betas)
    assert 90 < len(found.betas) <= 101
    assert all(before < after for before, after in pairwise(found.betas))
    for beta, *kept in zip(found.betas, found.seen, found.unseen, found.harmonic, strict=True):
        told = by_argmax(scores, labels, SEEN, beta)
        assert kept == pytest.approx([told.seen_accuracy, told.unseen_accuracy, told.harmonic_mean], abs=1e-6)
    assert (found.unseen[0], found.seen[-1]) == pytest.approx((0, 0), abs=0.01)
    assert (found.clips, found.measured_on) == (500, "a test")


@pytest.mark.parametrize("label", [0, 2])
def test_samples_of_one_side_have_no_curve(label: int) -> None:
    scores = np.random.default_rng(1).normal(size=(9, 3)).astype(np.float32)
    assert stacking_curve(scores, np.full(9, label), SEEN, chosen=0, measured_on="a test") is None


@pytest.mark.parametrize(
    ("betas", "seen", "what"),
    [
        ((0, 1), (1,), "as many values"),
        ((1, 1), (1, 1), "betas rise"),
        ((0, 1), (1, 1.5), "less than or equal to 1"),
        ((0,), (1,), "at least 2"),
    ],
)
def test_a_curve_that_is_none_is_refused(betas: tuple[float, ...], seen: tuple[float, ...], what: str) -> None:
    other = (0.5,) * len(betas)
    with pytest.raises(ValidationError, match=what):
        StackingCurve(betas=betas, seen=seen, unseen=other, harmonic=other, clips=9, measured_on="a test")
