"""Probabilities of hits, made of their scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import _sigmoid_calibration
from sklearn.metrics import log_loss as sklearn_log_loss

from models.probability import Sigmoid, calibration_error, fit, log_loss, reliability
from models.types import F64, Bool


def drawn(n: int, *, slope: float, intercept: float, scale: float = 1.0, seed: int = 0) -> tuple[F64, Bool]:
    """Scores, and what is relevant with the probability that this sigmoid gives."""
    numbers = np.random.default_rng(seed)
    scores = numbers.normal(size=n) * scale
    return scores, numbers.random(n) < Sigmoid(slope, intercept).of(scores)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 20.0])
@pytest.mark.parametrize("intercept", [0.0, -4.0])
def test_a_fit_is_that_of_scikit_learn(scale: float, intercept: float) -> None:
    scores, relevant = drawn(2000, slope=2 / scale, intercept=intercept, scale=scale)
    found = fit(scores, relevant)
    slope, shift = _sigmoid_calibration(scores, relevant.astype(float))
    assert found.slope * scale == pytest.approx(-slope * scale, rel=1e-3)
    assert found.intercept == pytest.approx(-shift, rel=1e-3, abs=1e-3)


def test_of_logistic_data_the_sigmoid_they_were_drawn_by_is_found_again() -> None:
    scores, relevant = drawn(100_000, slope=1.5, intercept=-3.0)
    found = fit(scores, relevant)
    assert (found.slope, found.intercept) == pytest.approx((1.5, -3.0), abs=0.05)
    others, truth = drawn(100_000, slope=1.5, intercept=-3.0, seed=1)
    assert calibration_error(reliability(found.of(others), truth)) < 0.005


def test_scores_that_part_both_kinds_wholly_still_leave_a_doubt() -> None:
    scores = np.concatenate([np.linspace(-9, -5, 50), np.linspace(-3, -1, 5)])
    found = fit(scores, scores > -4).of(np.array([-100.0, -1.0]))
    assert 0 < found[0] < 0.05
    assert 0.8 < found[1] < 1


def test_where_higher_scores_are_less_relevant_all_hits_are_alike() -> None:
    scores, relevant = drawn(500, slope=2.0, intercept=0.0)
    found = fit(-scores, relevant)
    assert found.slope == 0
    assert found.of(scores) == pytest.approx(np.full(500, relevant.mean()), abs=0.01)


def test_equal_scores_have_the_share_that_is_relevant() -> None:
    found = fit(np.full(100, -3.0), np.arange(100) < 30)
    assert found.of(np.array([-3.0]))[0] == pytest.approx(0.3, abs=0.01)


@given(
    pairs=st.lists(st.tuples(st.floats(-1e6, 1e6, width=32), st.booleans()), min_size=2, max_size=40).filter(
        lambda pairs: len({relevant for _, relevant in pairs}) == 2
    )
)
def test_probabilities_never_fall_as_scores_rise_and_are_never_certain_of_what_was_seen(
    pairs: list[tuple[float, bool]],
) -> None:
    scores = np.sort(np.array([score for score, _ in pairs]))
    found = fit(np.array([score for score, _ in pairs]), np.array([relevant for _, relevant in pairs])).of(scores)
    # Scores next to each other may have theirs the other way round in the last bit, as exp and log are rounded.
    assert (np.diff(found) >= -1e-15).all()
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("relevant", [[True, True], [False, False]])
def test_pairs_of_one_kind_fit_nothing(relevant: list[bool]) -> None:
    with pytest.raises(ValueError, match=r"of 2 are relevant"):
        fit(np.array([1.0, 2.0]), np.array(relevant))


def test_scores_that_are_not_finite_fit_nothing() -> None:
    with pytest.raises(ValueError, match="finite"):
        fit(np.array([1.0, np.nan]), np.array([True, False]))


def test_a_sigmoid_does_not_fall() -> None:
    with pytest.raises(ValueError, match=r"at least 0, found -1\.0"):
        Sigmoid(-1.0, 0.0)


def test_scores_beyond_all_measure_are_certain_without_a_warning() -> None:
    assert Sigmoid(1e3, 0.0).of(np.array([-1e6, 1e6])).tolist() == [0.0, 1.0]


def test_log_loss_is_that_of_scikit_learn() -> None:
    scores, relevant = drawn(300, slope=1.0, intercept=0.5)
    probabilities = Sigmoid(1.3, 0.1).of(scores)
    assert log_loss(probabilities, relevant) == pytest.approx(sklearn_log_loss(relevant, probabilities))


def test_bins_tell_what_was_predicted_beside_what_is() -> None:
    numbers = np.random.default_rng(0)
    probabilities = np.concatenate([numbers.random(200), [0.0, 1.0]])
    relevant = numbers.random(202) < 0.4
    bins, expected = reliability(probabilities, relevant, bins=5), 0.0
    for place, each in enumerate(bins):
        inside = [i for i, p in enumerate(probabilities) if min(int(p * 5), 4) == place]
        assert each.count == len(inside)
        assert each.predicted == pytest.approx(np.mean(probabilities[inside]))
        assert each.observed == pytest.approx(np.mean(relevant[inside]))
        expected += len(inside) / 202 * abs(np.mean(probabilities[inside]) - np.mean(relevant[inside]))
    assert calibration_error(bins) == pytest.approx(expected)


def test_bins_without_pairs_are_left_out() -> None:
    assert [each.count for each in reliability(np.array([0.05, 0.95, 0.96]), np.array([False, True, True]))] == [1, 2]
