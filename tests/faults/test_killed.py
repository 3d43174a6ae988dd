"""Processes killed at any point: nothing acknowledged is lost, nothing comes back, nothing is half there."""

import os
from random import Random

import pytest

from tests.faults.home import Home
from tests.faults.killing import Witness, kill_after, kill_at

SEED = int(os.environ.get("SIGHTSOUND_FAULT_SEED", "0"))
STRIDES = {"add": 2, "remove": 2, "roll_back": 3, "delete": 3, "keep": 13, "compact": 13, "reindex": 17}
"""Every few touches of a deed, others for each seed; half as many on PostgreSQL, where they take long."""


@pytest.mark.parametrize("part", range(3))
def test_a_gallery_whose_processes_are_killed_at_random_moments_is_whole_after_each(home: Home, part: int) -> None:
    random = Random(f"{SEED} {part}")
    print(f"SIGHTSOUND_FAULT_SEED={SEED}, part {part}")
    witness = Witness(set(range(6)))
    for life in range(4):
        kill_after(home, witness, seed=100 * part + life + 1, seconds=random.uniform(0.0, 0.6))
        witness.check(home)
    assert witness.done, "nothing was done before it was killed"


@pytest.mark.parametrize("deed", STRIDES)
def test_a_deed_that_is_killed_at_each_of_its_points_is_done_or_not(home: Home, deed: str) -> None:
    print(f"SIGHTSOUND_FAULT_SEED={SEED}")
    witness, turn = Witness(set(range(6))), 0
    stride = STRIDES[deed] * (1 if home.catalog is None else 2)
    at = Random(f"{SEED} {deed}").randrange(stride)
    while not witness.survived:
        kill_at(home, witness, seed=turn + 1, deed=deed, at=at + turn * stride)
        witness.check(home)
        turn += 1
    print(f"{turn - 1} kills of {deed}")
    assert turn > 1
