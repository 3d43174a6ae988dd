"""Probabilities of classes, by a temperature."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from models.temperature import class_temperature, fit_temperature, softened
from models.types import F32, I64


def drawn(n: int, classes: int, *, temperature: float, seed: int = 0) -> tuple[F32, I64]:
    """Scores, and classes drawn with the probabilities that this temperature gives."""
    numbers = np.random.default_rng(seed)
    scores = numbers.normal(size=(n, classes)).astype(np.float32)
    odds = softened(scores, temperature)
    labels = (odds.cumsum(axis=1) > numbers.random((n, 1))).argmax(axis=1)
    return scores, labels


@pytest.mark.parametrize("temperature", [0.05, 0.5, 3.0])
def test_the_temperature_that_labels_were_drawn_by_is_found_again(temperature: float) -> None:
    scores, labels = drawn(20_000, 8, temperature=temperature)
    assert fit_temperature(scores, labels) == pytest.approx(temperature, rel=0.1)


def test_it_is_that_of_the_least_loss() -> None:
    scores, labels = drawn(40, 5, temperature=0.7)
    targets = np.full(scores.shape, 1 / 41 / 5)
    targets[np.arange(40), labels] += 40 / 41

    def loss(logarithm: float) -> float:
        return float(-(targets * np.log(softened(scores, np.exp(logarithm)))).sum())

    best = minimize_scalar(loss, bounds=(-4, 4), method="bounded", options={"xatol": 1e-8})
    assert fit_temperature(scores, labels) == pytest.approx(np.exp(best.x), rel=1e-3)


def test_the_scale_of_scores_does_not_matter() -> None:
    scores, labels = drawn(200, 5, temperature=0.7)
    assert fit_temperature(scores * 1000, labels) == pytest.approx(1000 * fit_temperature(scores, labels), rel=1e-4)


def test_clips_that_are_all_right_still_leave_a_doubt() -> None:
    scores = np.eye(6, dtype=np.float32)[np.arange(60) % 6]
    confidence = softened(scores, fit_temperature(scores, np.arange(60) % 6)).max(axis=1)
    assert (confidence < 0.999).all()
    assert (confidence > 0.95).all()


def test_scores_that_say_nothing_leave_all_classes_alike() -> None:
    numbers = np.random.default_rng(0)
    scores = numbers.normal(size=(400, 4)).astype(np.float32)
    found = softened(scores, fit_temperature(scores, scores.argmin(axis=1)))
    assert found == pytest.approx(np.full((400, 4), 0.25), abs=0.01)


def test_a_record_tells_how_right_it_is() -> None:
    scores, labels = drawn(4000, 8, temperature=0.4)
    found = class_temperature(scores, labels, fitted_on="a test")
    assert found is not None
    assert (found.clips, found.classes) == (4000, 8)
    assert found.accuracy == pytest.approx((scores.argmax(axis=1) == labels).mean())
    assert found.error < 0.03
    probabilities = found.of(scores)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(4000))
    assert (probabilities.argmax(axis=1) == scores.argmax(axis=1)).all()
    assert probabilities.max(axis=1).mean() == pytest.approx(found.accuracy, abs=0.03)


def test_hardly_any_clips_fit_nothing() -> None:
    assert class_temperature(np.eye(3, dtype=np.float32), np.arange(3), fitted_on="") is None
