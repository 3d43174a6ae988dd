"""Ids found among ids, against numpy's own answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.vectors.rows import among, ordered, rows_of
from models.types import I64

IDS = st.sets(st.integers(0, 400), max_size=60).map(lambda some: np.array(sorted(some), np.int64))
WANTED = st.lists(st.integers(0, 500), max_size=60).map(lambda some: np.array(some, np.int64))


@given(ids=IDS, wanted=WANTED)
def test_the_row_of_an_id_is_where_it_stands(ids: I64, wanted: I64) -> None:
    for each, row in zip(wanted, rows_of(wanted, ids), strict=True):
        assert (ids[row] == each) if row >= 0 else each not in ids


@given(ids=IDS, wanted=WANTED, step=st.sampled_from([1, 10**6]))
def test_among_is_what_numpy_says(ids: I64, wanted: I64, step: int) -> None:
    assert among(ids * step, wanted * step).tolist() == np.isin(ids, wanted).tolist()


@pytest.mark.parametrize("span", [1, 3, 100])
@pytest.mark.parametrize("count", [1, 10, 200, 2000])
def test_among_is_the_same_by_seeking_and_by_table(span: int, count: int) -> None:
    random = np.random.default_rng(0)
    ids = np.sort(random.permutation(2000 * span)[:2000])
    wanted = random.permutation(2000 * span)[:count]
    assert (among(ids, wanted) == np.isin(ids, wanted)).all()


def test_ordered_means_ascending_without_repeats() -> None:
    assert ordered(np.array([], np.int64))
    assert ordered(np.array([1, 5], np.int64))
    assert not ordered(np.array([1, 1], np.int64))
    assert not ordered(np.array([2, 1], np.int64))
