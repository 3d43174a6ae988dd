"""Jobs as a worker does them: watched, cancelled between steps, retried, left and taken up."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from index.galleries import Galleries
from models.errors import Conflict, JobNotFound, SettingsInvalid, Unavailable
from models.media.cage import Cage
from models.media.limits import Limits
from service.encoding.encoders import Encoders
from service.jobs.board import Board
from service.jobs.database import url_of
from service.jobs.newest import Wanted
from service.jobs.pulse import Pulse
from service.jobs.work import Workshop
from service.jobs.worker import KEPT, Worker
from service.schemas import Document
from tests.unit.service.waiting import until

Step = Callable[[int], None]


class Steps:
    """Work of so many steps of one item each, whose every step is a call."""

    def __init__(self, step: Step, count: int) -> None:
        self._step, self._count = step, count

    def plan(self) -> Document:
        return {"items": self._count, "steps": self._count}

    def do(self, number: int, plan: Document, pulse: Pulse) -> Document:
        pulse.at(f"item {number}")
        self._step(number)
        pulse.did()
        return {"counts": {"done": 1}, "errors": []}

    def finish(self, plan: Document, counts: Document, found: Document) -> Document:
        return counts


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    opened = Board(url_of(tmp_path, None), tmp_path / "jobs")
    yield opened
    opened.close()


@contextmanager
def worker(
    board: Board, folder: Path, step: Step, *, count: int = 3, stall_s: float = 30.0, kept: timedelta = KEPT
) -> Iterator[Worker]:
    """A worker in this process whose evaluations are steps."""
    galleries = Galleries.open(folder / "data")
    with Cage(Limits(), 1) as cage:
        workshop = Workshop(galleries, Encoders(folder, cage))
        kinds = {"evaluate": lambda *given: Steps(step, count)}
        running = Worker(workshop, board, jobs=1, stall_s=stall_s, kept=kept, kinds=kinds)  # type: ignore[arg-type]
        try:
            running.start(url_of(folder, None), folder / "locks")
            yield running
        finally:
            running.close()
            galleries.close()


def test_a_job_goes_from_queued_over_running_to_done(board: Board, tmp_path: Path) -> None:
    seen, go_on = [], Event()

    def step(number: int) -> None:
        go_on.wait(20)
        seen.append(number)

    job = board.add("evaluate", "demo", {"a": 1})
    assert (job.state, job.request, job.started_at, job.progress.total) == ("queued", {"a": 1}, None, None)
    with worker(board, tmp_path, step):
        running = until(board, job.id, lambda job: job.progress.item == "item 0")
        assert (running.state, running.progress.total, running.result) == ("running", 3, None)
        assert running.heartbeat_at is not None
        go_on.set()
        done = until(board, job.id)
    assert seen == [0, 1, 2]
    assert (done.state, done.result, done.failure) == ("done", {"done": 3}, None)
    assert (done.progress.done, done.progress.time_left_s) == (3, 0.0)
    assert done.ended_at is not None
    assert [each.id for each in board.listed(Wanted(state="done"))] == [job.id]
    assert board.listed(Wanted(state="failed")) == []


def test_a_job_without_progress_fails_and_says_since_when_and_at_which_item(board: Board, tmp_path: Path) -> None:
    stuck = Event()

    def step(number: int) -> None:
        if number == 1:
            stuck.wait(20)

    job = board.add("evaluate", "demo", {})
    with worker(board, tmp_path, step, stall_s=4.0):
        failed = until(board, job.id)
        stuck.set()
    assert failed.state == "failed"
    assert failed.failure is not None
    assert "no progress since 20" in failed.failure
    assert "at item 1; expected some within 4 s" in failed.failure
    assert failed.progress.done == 1


def test_a_slow_job_with_progress_does_not_fail(board: Board, tmp_path: Path) -> None:
    job = board.add("evaluate", "demo", {})
    with worker(board, tmp_path, lambda number: time.sleep(0.85), count=4, stall_s=3.0):
        assert until(board, job.id).state == "done"


def test_a_cancelled_job_ends_after_the_step_it_is_at_and_a_retry_does_the_rest(board: Board, tmp_path: Path) -> None:
    seen, at_one, go_on = [], Event(), Event()

    def step(number: int) -> None:
        seen.append(number)
        if number == 1:
            at_one.set()
            go_on.wait(20)

    job = board.add("evaluate", "demo", {})
    with worker(board, tmp_path, step):
        assert at_one.wait(20)
        assert board.cancel(job.id).state == "cancelled"
        go_on.set()
        time.sleep(0.5)
        assert seen == [0, 1]
        with pytest.raises(Conflict, match="is cancelled, expected one that is queued or running"):
            board.cancel(job.id)
        assert board.retry(job.id).state == "queued"
        assert until(board, job.id).state == "done"
    assert seen == [0, 1, 0, 1, 2]


def test_a_queued_job_can_be_cancelled(board: Board) -> None:
    job = board.add("evaluate", "demo", {})
    assert board.cancel(job.id).state == "cancelled"
    assert board.get(job.id).ended_at is not None


def test_a_failed_job_says_why_and_can_be_retried(board: Board, tmp_path: Path) -> None:
    failing = [Unavailable("the disk is away")]

    def step(number: int) -> None:
        if failing:
            raise failing.pop()

    job = board.add("evaluate", "demo", {})
    with worker(board, tmp_path, step):
        failed = until(board, job.id)
        assert (failed.state, failed.failure, failed.result) == ("failed", "the disk is away", None)
        board.retry(job.id)
        done = until(board, job.id)
        assert (done.state, done.failure) == ("done", None)
        with pytest.raises(Conflict, match="is done, expected failed, cancelled or done with errors"):
            board.retry(job.id)


def test_what_nobody_foresaw_fails_the_job_and_says_no_more_than_its_kind(board: Board, tmp_path: Path) -> None:
    job = board.add("evaluate", "demo", {})
    with worker(board, tmp_path, lambda number: [][number]):
        assert until(board, job.id).failure == "something went wrong (IndexError); the log says more"


def test_a_worker_that_closes_leaves_its_job_to_the_next_which_repeats_no_finished_step(
    board: Board, tmp_path: Path
) -> None:
    seen, at_one, stuck = [], Event(), Event()

    def first(number: int) -> None:
        seen.append(number)
        if number == 1:
            at_one.set()
            stuck.wait(20)

    job = board.add("evaluate", "demo", {})
    with worker(board, tmp_path, first):
        assert at_one.wait(20)
    assert board.get(job.id).state == "running"
    with worker(board, tmp_path, seen.append):
        done = until(board, job.id)
    stuck.set()
    assert (done.state, done.result, seen) == ("done", {"done": 3}, [0, 1, 1, 2])


def test_one_worker_a_process(board: Board, tmp_path: Path) -> None:
    with (
        worker(board, tmp_path, lambda number: None),
        pytest.raises(SettingsInvalid, match="jobs are done in this process already"),
        worker(board, tmp_path / "else", lambda number: None),
    ):
        pass


def test_a_job_that_is_not_there_is_named(board: Board) -> None:
    with pytest.raises(JobNotFound, match="'none'"):
        board.get("none")


def test_the_log_has_a_line_where_a_job_begins_and_ends_and_a_warning_where_it_failed(
    board: Board, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failing = [Unavailable("the disk is away")]

    def step(number: int) -> None:
        if failing:
            raise failing.pop()

    caplog.set_level("INFO", "sightsound.jobs")
    job = board.add("evaluate", "demo", {})
    with worker(board, tmp_path, step):
        until(board, job.id)
        board.retry(job.id)
        until(board, job.id)
    told = [each for each in caplog.records if each.name == "sightsound.jobs"]
    assert [(each.levelname, re.sub(r"[0-9.]+ s", "… s", each.getMessage())) for each in told] == [
        (level, f"job {job.id} (evaluate of demo) {what}")
        for level, what in (
            ("INFO", "begins"),
            ("WARNING", "failed after … s: the disk is away"),
            ("INFO", "begins"),
            ("INFO", "is done after … s"),
        )
    ]
    assert {(each.job, each.kind, each.gallery) for each in told} == {(job.id, "evaluate", "demo")}  # type: ignore[attr-defined]
