"""A data folder and a service for commands to ask."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sightsound.cli import run
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip

Told = Callable[..., Any]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the gallery "demo", two clips a label."""
    return tiny_library(tmp_path_factory.mktemp("commands"))


@pytest.fixture(scope="session")
def server(data: Path) -> Iterator[str]:
    """The address of a service over the same folder, in a process of its own: a process does the jobs of one folder."""
    command = [sys.executable, "-m", "sightsound", "serve", "--data", str(data), "--port", "0"]
    environment = {**os.environ, "SIGHTSOUND_JOB_WORKERS": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[3]
        process.terminate()


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clip in a subfolder, and what is none."""
    folder = tmp_path_factory.mktemp("clips")
    tiny_clip(folder / "whistling" / "one.mp4", seconds=0.5, tone_hz=777.0)
    (folder / "odd.mp4").write_bytes(b"no clip")
    return folder


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """What a command prints with --json; its exit status must be `status`."""

    def ask(*arguments: str | Path, status: int = 0) -> Any:
        assert run([*map(str, arguments), "--json"]) == status
        return json.loads(capsys.readouterr().out)

    return ask


@pytest.fixture
def done() -> Told:
    """The same of a process of its own, as of one that does jobs."""

    def ask(*arguments: str | Path, status: int = 0) -> Any:
        command = [sys.executable, "-m", "sightsound", *map(str, arguments), "--json"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert found.returncode == status, found.stderr
        return json.loads(found.stdout)

    return ask
