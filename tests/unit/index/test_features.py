"""Stored features: every number of float16 is read as numpy reads it."""

import numpy as np
import pytest

from index.catalog.features import HALF, from_half, to_half
from models.errors import InvalidInput

EVERY = np.arange(65536, dtype="<u2").view(HALF)


def test_every_finite_number_of_float16_is_read_as_it_was_stored() -> None:
    finite = EVERY[np.isfinite(EVERY)]
    found = from_half([finite.tobytes()])
    assert np.array_equal(found.view(np.int32)[0], finite.astype(np.float32).view(np.int32))  # minus zero too


@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan])
def test_what_nobody_should_have_stored_is_still_not_finite(odd: float) -> None:
    found = from_half([np.array([1, 0, 2], HALF).tobytes(), np.array([1, odd, 2], HALF).tobytes()])
    assert np.array_equal(found, np.array([[1, 0, 2], [1, odd, 2]], np.float32), equal_nan=True)


def test_rows_keep_their_order() -> None:
    rows = np.random.default_rng(0).standard_normal((5, 7), np.float32)
    assert np.array_equal(from_half([to_half("video", row) for row in rows]), rows.astype(np.float16))


def test_what_float16_cannot_hold_is_refused() -> None:
    with pytest.raises(InvalidInput, match="beyond 65504"):
        to_half("audio", np.array([1e6], np.float32))
