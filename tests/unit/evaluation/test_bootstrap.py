"""Bootstrap intervals and the paired test, against scipy's."""

import numpy as np
import pytest
from scipy import stats

from models.evaluation.bootstrap import interval, paired
from models.types import F64


def values(n: int, seed: int = 0) -> F64:
    """Figures in [0, 1], skewed as average precisions are."""
    return np.random.default_rng(seed).beta(0.6, 2.0, n)


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_an_interval_is_that_of_scipy_but_for_chance(level: float) -> None:
    sample = values(200)
    found = interval(sample, level=level)
    scipys = stats.bootstrap(
        (sample,),
        np.mean,
        confidence_level=level,
        n_resamples=10_000,
        method="percentile",
        rng=np.random.default_rng(5),
    ).confidence_interval
    # The ends of 10,000 resamples scatter by about 0.01 of the interval's width.
    assert [found.low, found.high] == pytest.approx([scipys.low, scipys.high], abs=0.05 * (found.high - found.low))
    assert found.mean == pytest.approx(sample.mean())
    assert found.low < found.mean < found.high


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(200):
        found = interval(values(100, seed), level=0.9, resamples=400, seed=seed)
        covered += found.low <= 0.6 / 2.6 <= found.high
    assert 0.84 <= covered / 200 <= 0.96


def test_queries_with_nothing_to_find_are_left_out() -> None:
    sample = values(50)
    assert interval(np.append(sample, [np.nan] * 7)) == interval(sample)


def test_many_queries_are_drawn_in_blocks_and_stay_the_same_for_a_seed() -> None:
    sample = values(50_000)
    first, again, other = (interval(sample, resamples=200, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.05])
def test_the_paired_p_value_is_that_of_scipys_permutation_test(shift: float) -> None:
    before = values(60)
    after = before + np.random.default_rng(1).normal(shift, 0.1, 60)
    found = paired(before, after)

    def mean_difference(first: F64, second: F64) -> float:
        return float(np.mean(second - first))

    scipys = stats.permutation_test(
        (before, after), mean_difference, permutation_type="samples", n_resamples=10_000, rng=np.random.default_rng(3)
    )
    # Both are shares of 10,000: the standard error is at most 0.005 each.
    assert found.p == pytest.approx(scipys.pvalue, abs=0.03)
    assert found.interval.mean == pytest.approx((after - before).mean())


def test_a_few_queries_give_the_exact_p_value() -> None:
    # Of the 2^4 signs, only all plus and all minus are as far: 2 in 16.
    assert paired(np.zeros(4), np.array([0.3, 0.1, 0.2, 0.4])).p == pytest.approx(2 / 16, abs=0.02)


def test_pairing_finds_what_two_intervals_hide() -> None:
    before = values(100)
    found = paired(before, before + 0.01 + np.random.default_rng(2).normal(0, 0.01, 100))
    assert found.interval.low > 0
    assert found.p < 0.01
    assert interval(before).high - interval(before).low > 0.05


def test_generations_that_are_alike_do_not_differ() -> None:
    same = values(30)
    found = paired(same, same)
    assert (found.interval.mean, found.interval.low, found.interval.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="3 and 4 queries"):
        paired(values(3), values(4))
    with pytest.raises(ValueError, match="no query"):
        interval(np.array([np.nan]))
    with pytest.raises(ValueError, match="level 1"):
        interval(values(3), level=1.0)
