"""Workers killed at any moment lose nothing and do nothing twice; several of them do a job once."""

import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from index.galleries import Galleries
from service.jobs.board import Board
from service.jobs.database import url_of
from tests.tiny.clips import tiny_clip
from tests.unit.service.waiting import until, worker_process

CLIPS = 12


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of clips, each of another pitch."""
    folder = tmp_path_factory.mktemp("clips")
    for number in range(CLIPS):
        tiny_clip(folder / f"tone {number % 3}" / f"{number:02}.mp4", tone_hz=200.0 + 50 * number)
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def jobs_url(request: pytest.FixtureRequest) -> str | None:
    """Where the jobs are: None in the data folder, else the address of a PostgreSQL database."""
    return None if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


@pytest.fixture
def board(own_library: Path, jobs_url: str | None) -> Iterator[Board]:
    opened = Board(url_of(own_library, jobs_url), own_library / "jobs")
    yield opened
    opened.close()


def request(source: str) -> dict[str, object]:
    return {"source": source, "labels": ["killed"]}


def names(library: Path) -> list[str]:
    """The names of the clips that were ingested, in the order they were added."""
    galleries = Galleries.open(library)
    try:
        return [clip.name for clip in galleries.get("demo").clips() if "killed" in clip.labels]
    finally:
        galleries.close()


def test_an_ingest_whose_workers_are_killed_at_random_points_is_done_once_and_wholly(
    own_library: Path, root: Path, board: Board, jobs_url: str | None
) -> None:
    moments = random.Random(0)
    job = board.add("ingest", "demo", request("."))
    for _ in range(2):
        with worker_process(own_library, root, jobs_url=jobs_url) as process:
            time.sleep(moments.uniform(0.2, 1.5))
            process.send_signal(signal.SIGKILL)
            process.wait()
    with worker_process(own_library, root, jobs_url=jobs_url):
        ended = until(board, job.id)
    assert (ended.state, ended.error_count, ended.progress.done) == ("done", 0, CLIPS)
    assert ended.result is not None
    assert ended.result["added"] + ended.result["known"] == CLIPS
    assert sorted(names(own_library)) == sorted(f"tone {n % 3}/{n:02}.mp4" for n in range(CLIPS))


def test_two_workers_that_race_for_jobs_do_each_of_them_once(
    own_library: Path, root: Path, board: Board, jobs_url: str | None
) -> None:
    with ExitStack() as workers:
        for _ in range(2):
            workers.enter_context(worker_process(own_library, root, jobs_url=jobs_url))
        jobs = [board.add("ingest", "demo", request(f"tone {n}")) for n in range(3)]
        ended = [until(board, each.id) for each in jobs]
    # Of two that did one job at once, one would have found clips of the other.
    assert [each.result for each in ended] == [{"added": CLIPS // 3, "known": 0, "failed": 0}] * 3
    assert len(names(own_library)) == CLIPS


@pytest.mark.parametrize("jobs_url", ["sqlite"], indirect=True)
def test_a_terminated_worker_leaves_its_job_to_the_next(
    own_library: Path, root: Path, board: Board, jobs_url: str | None
) -> None:
    job = board.add("ingest", "demo", request("."))
    with worker_process(own_library, root, jobs_url=jobs_url) as process:
        until(board, job.id, lambda job: job.progress.total is not None)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    with worker_process(own_library, root, jobs_url=jobs_url):
        assert until(board, job.id).state == "done"
    assert len(names(own_library)) == CLIPS
