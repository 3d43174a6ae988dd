"""An image's environment, made by the steps that its Dockerfile takes, once for all tests."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.docker.files import DOCKER

UNREACHABLE = (
    *("NewConnectionError", "NameResolutionError", "Temporary failure in name resolution", "ReadTimeoutError"),
    *("error sending request", "dns error", "operation timed out"),
)
"""What pip says where there is no network, and what uv does."""


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What an image for the CPU has at /opt/sightsound; it is large, and goes with the last who uses it."""
    here = tmp_path_factory.getbasetemp()
    place = here.parent if "PYTEST_XDIST_WORKER" in os.environ else here  # for the tests of all workers of xdist
    target = place / "image" / "sightsound"
    with (place / "image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target / "sbom.cdx.json").exists():
            _install(place / "image" / "tools", target)
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield target
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(place / "image")


def _remove(folder: Path) -> None:
    """At once out of other workers' way, then by a process that nobody waits for: it can take the disk a minute."""
    gone = folder.rename(folder.with_name(f"gone-{os.getpid()}"))
    quiet = subprocess.DEVNULL  # pytest may remove it meanwhile
    subprocess.run(["sh", "-c", 'rm -rf "$1" &', "rm", str(gone)], check=True, stdout=quiet, stderr=quiet)


def _install(tools: Path, target: Path) -> None:
    _step("tools", tools)
    _step("packages", tools, target, "cpu")
    _step("sightsound", tools, target)
    _step("bytecode", tools, target)
    _step("sbom", tools, target)


def _step(name: str, *arguments: object) -> None:
    """A step of docker/install, by the Python that the tests run on."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [str(DOCKER / "install"), name, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if any(each in done.stderr for each in UNREACHABLE):
        pytest.skip(f"the packages of an image cannot be fetched: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stdout + done.stderr
