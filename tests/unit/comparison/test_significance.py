"""Friedman's and Nemenyi's tests against formulas written out."""

import numpy as np
import pytest
from scipy.stats import chi2, studentized_range

from training.comparison.significance import compare

NUMBERS = np.random.default_rng(0)
VALUES = {
    "good": NUMBERS.normal(2, 1, 12),
    "fair": NUMBERS.normal(1.8, 1, 12),
    "poor": NUMBERS.normal(-2, 1, 12),
    "worst": NUMBERS.normal(-8, 1, 12),
}


def test_the_p_value_is_that_of_friedmans_statistic() -> None:
    found = compare(VALUES)
    assert found is not None
    n, k = 12, 4
    squares = sum(rank**2 for rank in found.ranks.values())
    # Demšar 2006, section 3.2.2.
    statistic = 12 * n / (k * (k + 1)) * (squares - k * (k + 1) ** 2 / 4)
    assert found.p_value == pytest.approx(chi2.sf(statistic, k - 1))
    assert found.blocks == n


def test_pairs_differ_by_nemenyis_critical_difference() -> None:
    found = compare(VALUES)
    assert found is not None
    n, k = 12, 4
    critical = studentized_range.ppf(0.95, k, np.inf) / 2**0.5 * (k * (k + 1) / (6 * n)) ** 0.5
    for first in VALUES:
        for second in VALUES:
            differ = abs(found.ranks[first] - found.ranks[second]) > critical
            assert (found.pairs.loc[first, second] < 0.05) == differ
    assert found.equals_of_best[0] == min(found.ranks, key=lambda name: found.ranks[name])
    assert "worst" not in found.equals_of_best


def test_blocks_that_a_method_has_no_value_of_are_left_out() -> None:
    holes = VALUES | {"fair": np.where(np.arange(12) < 2, np.nan, VALUES["fair"])}
    found, expected = compare(holes), compare({name: each[2:] for name, each in VALUES.items()})
    assert found is not None
    assert expected is not None
    assert (found.ranks, found.blocks, found.p_value) == (expected.ranks, 10, expected.p_value)


def test_two_methods_or_one_block_are_too_few() -> None:
    assert compare({"one": [1, 2, 3], "two": [1, 2, 3]}) is None
    assert compare({"one": [1], "two": [1], "three": [2]}) is None


def test_methods_that_are_equal_on_every_block_do_not_differ() -> None:
    found = compare({name: [0.0, 0.0, 0.0] for name in ("one", "two", "three")})
    assert found is not None
    assert found.p_value == 1
    assert sorted(found.equals_of_best) == ["one", "three", "two"]
