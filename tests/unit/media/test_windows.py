from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis.strategies import floats

from models.media.windows import windows
from models.types import Window


@pytest.mark.parametrize("duration_s", [0.04, 3.0, 15.0])
def test_a_clip_of_up_to_fifteen_seconds_is_one_window(duration_s: float) -> None:
    assert windows(duration_s) == (Window(0.0, duration_s),)


def test_a_longer_clip_is_cut_every_five_seconds_and_the_last_window_ends_with_it() -> None:
    assert windows(22.5) == (Window(0, 10), Window(5, 15), Window(10, 20), Window(12.5, 22.5))


def test_a_clip_that_ends_with_a_step_has_no_window_twice() -> None:
    assert windows(20.0) == (Window(0, 10), Window(5, 15), Window(10, 20))


@given(floats(min_value=0.01, max_value=2000))
def test_windows_cover_the_clip_and_never_leave_it(duration_s: float) -> None:
    cut = windows(duration_s)
    assert cut[0].start_s == 0
    assert cut[-1].end_s == pytest.approx(duration_s)
    assert all(later.start_s <= earlier.end_s for earlier, later in pairwise(cut))
    assert all(earlier.start_s < later.start_s for earlier, later in pairwise(cut))
