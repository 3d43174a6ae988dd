"""Jobs in the service itself: killed with it, taken up by it, and no reason for it not to end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.tiny.clips import tiny_clip
from tests.unit.service.asking import DEMO
from tests.unit.service.waiting import PATIENCE_S, ROOT


@contextmanager
def service(data: Path, root: Path, *, workers: int) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """`sightsound serve` in a process of its own, with its address; killed at the end of the block."""
    environment = os.environ | {"SIGHTSOUND_JOB_WORKERS": str(workers), "SIGHTSOUND_INGEST_ROOT": str(root)}
    command = [sys.executable, "-m", "sightsound", "serve", "--data", str(data), "--port", "0"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment | {"PYTHONUNBUFFERED": "1", "SIGHTSOUND_LOG_LEVEL": "warning"},
    ) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().split()[3]
        finally:
            process.kill()


def test_a_job_is_taken_up_when_the_killed_service_is_back_and_its_clips_are_found(
    own_library: Path, tmp_path: Path
) -> None:
    for number in range(12):
        tiny_clip(tmp_path / "clips" / f"{number}.mp4", tone_hz=300.0 + 50 * number)
    with service(own_library, tmp_path, workers=1) as (process, address):
        job = httpx.post(f"{address}{DEMO}/jobs/ingest", json={"source": "clips"}, timeout=PATIENCE_S).json()
        end = time.monotonic() + PATIENCE_S
        while not httpx.get(f"{address}/v1/jobs/{job['id']}", timeout=PATIENCE_S).json()["progress"]["done"]:
            assert time.monotonic() < end
            time.sleep(0.02)
        process.kill()
        process.wait()
    with service(own_library, tmp_path, workers=1) as (_, address):
        events = httpx.get(f"{address}/v1/jobs/{job['id']}/events", timeout=PATIENCE_S).text
        assert '"state":"done"' in events.split("\n\n")[-2]
        assert httpx.get(f"{address}{DEMO}", timeout=PATIENCE_S).json()["clips"] == 6 + 12


def test_a_service_ends_though_somebody_watches_a_job(own_library: Path, tmp_path: Path) -> None:
    with service(own_library, tmp_path, workers=0) as (process, address):
        job = httpx.post(f"{address}{DEMO}/jobs/reindex", timeout=PATIENCE_S).json()
        with httpx.stream("GET", f"{address}/v1/jobs/{job['id']}/events", timeout=PATIENCE_S) as watched:
            lines = watched.iter_lines()
            assert [next(lines) for _ in range(3)] == ["retry: 1000", "", "event: progress"]
            process.send_signal(signal.SIGINT)
            assert [each for each in lines if each.startswith("event")] == []
        assert process.wait(timeout=20) in (0, 130, -signal.SIGINT)
        assert process.stderr is not None
        assert process.stderr.read() == ""
