"""Processes killed at any point: nothing acknowledged is lost, nothing comes back, nothing is half there."""

import os
from collections.abc import Iterator
from itertools import count
from random import Random

import pytest

from tests.faults.home import Home
from tests.faults.killing import Witness, kill_after, kill_at
from tests.faults.life import What

SEED = int(os.environ.get("SIGHTSOUND_FAULT_SEED", "0"))
FILES = {"add": 2, "remove": 2, "delete": 3, "keep": 17, "compact": 17, "reindex": 17}
"""Every few touches of files by a deed, others for each seed; half as many on PostgreSQL."""
COMMITTING = ("add", "remove", "delete", "roll_back", "reindex")


@pytest.mark.parametrize("part", range(3))
def test_a_gallery_whose_processes_are_killed_at_random_moments_is_whole_after_each(home: Home, part: int) -> None:
    random = Random(f"{SEED} {part}")
    print(f"SIGHTSOUND_FAULT_SEED={SEED}, part {part}")
    witness = Witness(set(range(6)))
    for life in range(4):
        kill_after(home, witness, seed=100 * part + life + 1, seconds=random.uniform(0.0, 0.6))
        witness.check(home)


@pytest.mark.parametrize("deed", COMMITTING)
def test_a_deed_that_is_killed_right_before_or_after_any_commit_is_done_or_not(home: Home, deed: str) -> None:
    witness = Witness(set(range(6)))
    assert killed(home, witness, deed=deed, what="commits", moments=count()) >= 2


@pytest.mark.parametrize("deed", FILES)
def test_a_deed_that_is_killed_where_it_touches_files_is_done_or_not(home: Home, deed: str) -> None:
    print(f"SIGHTSOUND_FAULT_SEED={SEED}")
    stride = FILES[deed] * (1 if home.catalog is None else 2)
    first = Random(f"{SEED} {deed}").randrange(stride)
    witness = Witness(set(range(6)))
    assert killed(home, witness, deed=deed, what="files", moments=count(first, stride)) >= 1


def killed(home: Home, witness: Witness, *, deed: str, what: What, moments: Iterator[int]) -> int:
    """How many processes died before one lived through the deed, the state being checked after each."""
    for number, at in enumerate(moments):
        kill_at(home, witness, seed=number + 1, deed=deed, what=what, at=at)
        witness.check(home)
        if witness.survived:
            print(f"{number} kills at {what} of {deed}")
            return number
    raise AssertionError("moments end")
