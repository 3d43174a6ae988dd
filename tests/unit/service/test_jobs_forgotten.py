"""Jobs that ended long ago: forgotten with all that they had; no other job ever is."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from threading import Event

import pytest

from models.errors import JobNotFound
from service.jobs.board import Board
from service.jobs.database import url_of
from tests.unit.service.test_jobs_running import worker
from tests.unit.service.waiting import until, until_true

KEPT = timedelta(seconds=-60)
"""As jobs are forgotten that ended before a minute from now."""


@pytest.fixture(params=["sqlite", "postgresql"])
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Board]:
    url = url_of(tmp_path, None) if request.param == "sqlite" else request.getfixturevalue("postgres")
    opened = Board(url, tmp_path / "jobs")
    yield opened
    opened.close()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Board]:
    """The board of a worker of this process."""
    opened = Board(url_of(tmp_path, None), tmp_path / "jobs")
    yield opened
    opened.close()


def ended(board: Board) -> str:
    """A job that has ended, and has files."""
    job = board.add("evaluate", "demo", {})
    board.cancel(job.id)
    board.folder(job.id).mkdir(parents=True)
    (board.folder(job.id) / "items.jsonl").touch()
    return job.id


def rows(folder: Path) -> int:
    """How many steps are written down."""
    with closing(sqlite3.connect(folder / "jobs.sqlite")) as database:
        return int(database.execute("SELECT count(*) FROM operation_outputs").fetchone()[0])


def test_what_ended_before_a_moment_goes_with_its_files_and_what_waits_stays(board: Board) -> None:
    old, waiting = [ended(board), ended(board)], board.add("evaluate", "demo", {})
    before = datetime.now(UTC)
    assert board.forget(before - timedelta(minutes=1)) == 0
    assert board.folder(old[0]).is_dir()
    assert board.forget(before + timedelta(minutes=1)) == 2
    assert [each.id for each in board.listed()] == [waiting.id]
    assert not board.folder(old[0]).exists()
    with pytest.raises(JobNotFound):
        board.retry(old[0])


def test_more_than_are_looked_at_at_once_all_go(here: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.jobs.board.FORGOTTEN_AT_ONCE", 2)
    for _ in range(5):
        ended(here)
    assert here.forget(datetime.now(UTC) + timedelta(minutes=1)) == 5
    assert here.listed() == []


def test_a_worker_forgets_old_jobs_and_their_steps_but_none_that_it_is_at(here: Board, tmp_path: Path) -> None:
    at_it, go_on = Event(), Event()

    def step(number: int) -> None:
        at_it.set()
        go_on.wait(20)

    first = here.add("evaluate", "demo", {})
    with worker(here, tmp_path, lambda number: None):
        until(here, first.id)
    assert rows(tmp_path) == 5
    second = here.add("evaluate", "demo", {})
    with worker(here, tmp_path, step, kept=KEPT) as looking:
        assert at_it.wait(20)
        until_true(lambda: [each.id for each in here.listed()] == [second.id])
        assert rows(tmp_path) == 1, "the plan of the one that runs"
        until_true(lambda: looking._tidied_at > -inf)  # as below: this one ends only once the look is over
        go_on.set()
        assert until(here, second.id).state == "done"


def test_a_worker_looks_for_old_jobs_once_in_a_while_only(
    here: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.jobs.worker.SWEEP_S", 0.02)
    old = ended(here)
    with worker(here, tmp_path, lambda number: None, kept=KEPT) as looking:
        until_true(lambda: looking._tidied_at > -inf)  # a job that ends before this look is over goes with the others
        assert not here.folder(old).exists()
        job = here.add("evaluate", "demo", {})
        until(here, job.id)
        time.sleep(0.2)  # longer than from one look for dead workers to the next
        assert here.get(job.id).state == "done"
