"""Waiting for jobs, and workers in processes of their own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from service.jobs.board import Board
from service.jobs.job_schemas import Job

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60.0


def until(board: Board, job_id: str, holds: Callable[[Job], bool] = lambda job: job.has_ended) -> Job:
    """The job once this holds of it, by default that it has ended."""
    end = time.monotonic() + PATIENCE_S
    while not holds(job := board.get(job_id)):
        assert time.monotonic() < end, job
        time.sleep(0.02)
    return job


def until_true(holds: Callable[[], bool]) -> None:
    """Wait until this holds: a server notices some milliseconds later that a connection has ended."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it never held"
        time.sleep(0.01)


@contextmanager
def worker_process(data: Path, root: Path, *, jobs_url: str | None = None) -> Iterator[subprocess.Popen[str]]:
    """`sightsound worker` in a process of its own, once it has begun; killed at the end of the block."""
    environment = {**os.environ, "SIGHTSOUND_INGEST_ROOT": str(root), "PYTHONUNBUFFERED": "1"}
    environment |= {"SIGHTSOUND_JOBS_URL": jobs_url} if jobs_url else {}
    command = [sys.executable, "-m", "sightsound", "worker", "--data", str(data), "--jobs", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("Working on")
            yield process
        finally:
            process.kill()
