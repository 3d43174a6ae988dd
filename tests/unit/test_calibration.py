"""Calibrated stacking against loops, and its choice of beta."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calibration import beta_grid, choose_beta, stack

SEEN = np.array([True, True, False])


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
@settings(max_examples=30, deadline=None)
def test_the_grid_goes_from_all_answers_seen_to_none(seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(20, 3)).astype(np.float32)
    grid = beta_grid(scores, SEEN)
    assert len(grid) == 26
    assert np.diff(grid) == pytest.approx(np.diff(grid)[0])
    assert SEEN[stack(scores, SEEN, grid[0] - 1e-4).argmax(1)].all()
    assert not SEEN[stack(scores, SEEN, grid[-1] + 1e-4).argmax(1)].any()
    assert not SEEN[stack(scores, SEEN, grid[0] + 1e-4).argmax(1)].all()
