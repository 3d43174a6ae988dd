"""What holds for every test, set before torch and numpy are imported."""

import gc
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from tests.tiny.postgres import Cluster

# Tests already run on every core: threads of their own would only wait for each other, spinning.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# One worker a process: tests that want jobs done ask for one, or start it in a process of its own.
os.environ.setdefault("SIGHTSOUND_JOB_WORKERS", "0")

# Some tests press Ctrl+C, which a runner that was started in the background ignores.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says how busy the machine is. What lets a change in tries the same examples each time.
hypothesis.settings.register_profile("tests", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("tests")

# What is imported while tests are collected stays to the end: to look for garbage in it takes longer than many tests.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on there is garbage, but none in what is there by now."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """What copies were made of goes with the process."""
    from tests.tiny.copies import forget

    forget()


@pytest.fixture(scope="session")
def cluster() -> Iterator["Cluster"]:
    """A PostgreSQL server that lives as long as the tests of this worker."""
    from tests.tiny.postgres import Cluster, programs

    if (found := programs()) is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        running = Cluster(Path(folder), found)
        yield running
        running.stop()


@pytest.fixture
def postgres(cluster: "Cluster") -> Iterator[str]:
    """The address of a fresh PostgreSQL database with an empty catalog."""
    url = cluster.database()
    yield url
    cluster.drop(url)
