"""Jobs of a worker that lives but says nothing."""

from pathlib import Path

from service.jobs.board import Board
from service.jobs.database import url_of
from service.jobs.newest import Wanted
from service.jobs.recorded import Running
from service.jobs.silence import Silence


def test_silence_counts_from_when_a_sign_of_life_was_first_seen() -> None:
    silence = Silence(10.0)
    quiet, lively = Running("a", "one", "12:00"), Running("b", "two", "12:00")
    assert silence.over([quiet, lively], now=100.0) == []
    assert silence.over([quiet, Running("b", "two", "12:05")], now=105.0) == []
    assert silence.over([quiet, Running("b", "two", "12:10")], now=111.0) == [(quiet, 11.0)]


def test_a_job_that_another_worker_has_taken_up_is_given_its_time_anew() -> None:
    silence = Silence(10.0)
    assert silence.over([Running("a", "one", "12:00")], now=0.0) == []
    assert silence.over([Running("a", "two", "12:00")], now=11.0) == []


def test_a_job_that_is_failed_from_outside_says_why_and_can_be_retried(tmp_path: Path) -> None:
    board = Board(url_of(tmp_path, None), tmp_path)
    job = board.add("evaluate", "demo", {})
    other = board.add("evaluate", "demo", {})
    board.fail(job.id, "its worker is silent")
    board.cancel(other.id)
    failed = board.get(job.id)
    assert (failed.state, failed.failure) == ("failed", "its worker is silent")
    assert [each.id for each in board.listed(Wanted(state="failed"))] == [job.id]
    assert [each.id for each in board.listed(Wanted(state="cancelled"))] == [other.id]
    assert board.retry(job.id).state == "queued"
    assert board.get(job.id).failure is None
    board.close()
