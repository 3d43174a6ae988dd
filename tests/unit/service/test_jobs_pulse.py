"""Progress as it is told and written down."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from service.jobs.board import Board
from service.jobs.database import url_of
from service.jobs.job_schemas import ItemError
from service.jobs.pulse import MOST_ERRORS, Pulse, Reporter


class Counting(Board):
    """A board that counts what is written on it."""

    written = 0

    def report(self, job_id: str, found: dict[str, object]) -> None:
        self.written += 1
        super().report(job_id, found)


class Full(Counting):
    """A board whose disk is full when progress is written for the first time after the beginning."""

    def report(self, job_id: str, found: dict[str, object]) -> None:
        super().report(job_id, found)
        if self.written == 2:
            raise OSError("no space left on device")


def test_rate_and_time_left_come_of_what_this_worker_did() -> None:
    began = time.monotonic()
    pulse = Pulse()
    pulse.planned(100)
    pulse.settle(50)
    assert (pulse.progress().rate, pulse.progress().time_left_s) == (None, None)
    time.sleep(0.1)
    pulse.did(10)
    found, passed = pulse.progress(), time.monotonic() - began
    assert found.rate is not None
    assert 10 / passed <= found.rate <= 100
    assert found.time_left_s == 40 / found.rate


def test_only_the_first_errors_are_kept_and_all_are_counted() -> None:
    pulse = Pulse()
    for number in range(40):
        pulse.failed([ItemError(item=f"{number}-{i}", code="media-invalid", detail="") for i in range(3)])
    assert (len(pulse.errors), pulse.error_count) == (MOST_ERRORS, 120)
    assert pulse.errors[-1].item == "33-0"


def test_looking_at_an_item_is_no_progress() -> None:
    pulse = Pulse()
    time.sleep(0.05)
    pulse.at("clip")
    assert pulse.silent()[0] >= 0.05
    assert pulse.silent()[2] == "clip"
    did = time.monotonic()
    pulse.did()
    assert pulse.silent()[0] <= time.monotonic() - did


def test_a_clip_of_hours_says_how_far_it_is_until_the_next_one_begins() -> None:
    pulse = Pulse()
    time.sleep(0.05)
    reached = time.monotonic()
    pulse.reached("film", 605.0)
    assert pulse.silent()[0] <= time.monotonic() - reached
    assert (pulse.progress().item, pulse.progress().reached_s) == ("film", 605.0)
    pulse.at("song")
    assert (pulse.progress().item, pulse.progress().reached_s) == ("song", None)


def test_progress_is_written_at_most_four_times_a_second_and_its_last_state_always(tmp_path: Path) -> None:
    board = Counting(url_of(tmp_path, None), tmp_path)
    job = board.add("ingest", "demo", {})
    pulse, began = Pulse(), time.monotonic()
    with Reporter(board, job.id, pulse):
        while time.monotonic() < began + 1.0 or pulse.done <= 50:
            pulse.did()
            time.sleep(0.001)
    assert 2 <= board.written <= 4 * (time.monotonic() - began) + 2
    assert board.get(job.id).progress.done == pulse.done > 50
    board.close()


def test_progress_that_cannot_be_written_for_a_moment_is_written_with_what_comes_next(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    board = Full(url_of(tmp_path, None), tmp_path)
    job = board.add("ingest", "demo", {})
    pulse, end = Pulse(), time.monotonic() + 20
    with Reporter(board, job.id, pulse):
        while board.get(job.id).progress.done < 2 and time.monotonic() < end:
            pulse.did()
            time.sleep(0.05)
        assert board.get(job.id).progress.done >= 2
    assert f"how the job {job.id} goes could not be written down" in caplog.text
    board.close()


def test_another_stage_of_something_long_is_progress_and_what_is_not_counted_again_counts_nothing() -> None:
    pulse = Pulse()
    pulse.did(3)
    told: list[Callable[[], None]] = [
        lambda: pulse.stage("lists"),
        lambda: pulse.uncounted.stage("lists"),
        lambda: pulse.uncounted.did(9),
    ]
    for tell in told:
        before = pulse.silent()[1]
        time.sleep(0.001)
        tell()
        assert pulse.silent()[1] > before
        assert pulse.silent()[2] == "lists"
    assert pulse.done == 3
