"""Mean class accuracies against loops."""

import math

import numpy as np
import pytest

from models.calibration import choose_beta
from models.evaluation.gzsl import accuracies
from models.evaluation.metrics import SeenUnseen, class_means, harmonic, split

SEEN = np.array([True, True, True, False, False])


def made(n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.random.default_rng(0)
    labels = numbers.integers(0, 5, n)
    scores = numbers.normal(size=(n, 5)).astype(np.float32)
    scores[np.arange(n), labels] += 1
    return scores, labels


def recalls(scores: np.ndarray, labels: np.ndarray, candidates: list[int], classes: list[int], beta: float) -> float:
    means = []
    for each in classes:
        rows = [row for row in range(len(labels)) if labels[row] == each]
        picked = [max(candidates, key=lambda c: scores[row][c] - beta * bool(SEEN[c])) for row in rows]
        means.append(sum(pick == each for pick in picked) / len(rows))
    return sum(means) / len(means)


@pytest.mark.parametrize("beta", [0.0, 0.5, 3.0])
def test_accuracies_are_means_over_classes_with_seen_scores_lowered(beta: float) -> None:
    scores, labels = made()
    found = accuracies(scores, labels, SEEN, beta)
    assert found.stacked.seen == pytest.approx(recalls(scores, labels, [0, 1, 2, 3, 4], [0, 1, 2], beta))
    assert found.stacked.unseen == pytest.approx(recalls(scores, labels, [0, 1, 2, 3, 4], [3, 4], beta))


def test_zero_shot_accuracy_is_among_unseen_classes_and_does_not_depend_on_beta() -> None:
    scores, labels = made()
    expected = recalls(scores, labels, [3, 4], [3, 4], 0)
    assert accuracies(scores, labels, SEEN, 0).zsl == pytest.approx(expected)
    assert accuracies(scores, labels, SEEN, 2).zsl == pytest.approx(expected)


def test_the_accuracies_of_a_chosen_beta_are_those_it_was_chosen_for() -> None:
    scores, labels = made()
    chosen = choose_beta(scores, labels, SEEN, [0, 0.25, 0.5, 0.75])
    found = accuracies(scores, labels, SEEN, chosen.beta).stacked
    assert (found.seen, found.unseen, found.harmonic) == pytest.approx(
        (chosen.seen_accuracy, chosen.unseen_accuracy, chosen.harmonic_mean)
    )


def test_a_class_without_samples_is_left_out_of_the_mean() -> None:
    means = class_means(np.array([1.0, 0.0, 0.5, np.nan]), np.array([0, 0, 3, 1]), 5)
    assert [None if math.isnan(each) else each for each in means.tolist()] == [0.5, None, None, 0.5, None]
    assert split(means, SEEN) == SeenUnseen(seen=0.5, unseen=0.5)


def test_the_harmonic_mean_of_two_zeros_is_zero() -> None:
    assert harmonic(0, 0) == 0
    assert harmonic(0.5, 1.0) == pytest.approx(2 / 3)
