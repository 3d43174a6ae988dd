"""Calls as large as the memory allows: the same rows, whatever did not fit."""

from threading import Barrier, Thread

import numpy as np
import pytest

from models.features.batches import Batches
from models.types import F32


class Room:
    """Gives a row an input, twice the input; runs out of memory above `most` of them, and counts what it was asked."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.calls: list[int] = []

    def run(self, inputs: F32) -> F32:
        self.calls.append(len(inputs))
        if len(inputs) > self.most:
            raise MemoryError("too many")
        return inputs * 2


INPUTS = np.arange(40, dtype=np.float32)[:, None]


@pytest.mark.parametrize("n", [1, 2, 7, 16, 17, 40])
@pytest.mark.parametrize("most", [1, 3, 100])
def test_every_row_is_there_in_order_however_many_fit(n: int, most: int) -> None:
    np.testing.assert_array_equal(Batches(Room(most).run, size=16).rows(INPUTS[:n]), INPUTS[:n] * 2)


def test_calls_are_about_as_large_as_each_other() -> None:
    room = Room(100)
    Batches(room.run, size=16).rows(INPUTS[:20])
    assert room.calls == [10, 10]


def test_what_did_not_fit_is_halved_and_not_tried_again() -> None:
    room = Room(5)
    batches = Batches(room.run, size=16)
    batches.rows(INPUTS[:16])
    assert room.calls == [16, 8, 4, 4, 4, 4]
    room.calls.clear()
    batches.rows(INPUTS[:16])
    assert room.calls == [4, 4, 4, 4]
    assert batches.size == 4


def test_one_input_that_does_not_fit_is_an_error() -> None:
    room = Room(0)
    with pytest.raises(MemoryError, match="too many"):
        Batches(room.run, size=4).rows(INPUTS[:4])
    assert room.calls == [4, 2, 1]


def test_a_size_found_too_large_by_one_thread_is_no_others() -> None:
    room = Room(3)
    batches, start = Batches(room.run, size=8), Barrier(4)
    found: list[F32] = []

    def work() -> None:
        start.wait()
        found.append(batches.rows(INPUTS))

    threads = [Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert batches.size == 2
    assert len(found) == 4
    for rows in found:
        np.testing.assert_array_equal(rows, INPUTS * 2)
