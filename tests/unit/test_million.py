"""The benchmark of a very large gallery at a tiny size: it is right, keeps to its memory, and says so. No time is."""

import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from benchmarks.library import library_of
from benchmarks.million import DOCUMENT, MARKERS, PHASES
from benchmarks.million_killed import add
from benchmarks.million_phases import peak_mib, search
from benchmarks.pacing import Latency, in_turn, paced
from benchmarks.peers_task import Task
from models.types import F32

TASK = Task(vectors=1000, queries=20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a gallery of the task."""
    library_of(tmp_path, TASK.drawn()[0]).close()
    return tmp_path


def run(folder: Path, *options: str) -> tuple[int, str, str]:
    """The command's exit status, what it printed, and what it wrote into a document."""
    document = folder / "performance.md"
    document.write_text(f"before\n{MARKERS[0]}\n{MARKERS[1]}\nafter\n")
    command = [sys.executable, "-m", "benchmarks.million", "--document", str(document), *options]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=DOCUMENT.parents[1], timeout=300)
    return ended.returncode, ended.stdout + ended.stderr, document.read_text()


def test_every_phase_is_told_of_and_written_down_and_too_much_memory_is_a_failure(tmp_path: Path) -> None:
    status, printed, written = run(tmp_path, "--windows", "1000", "--most-gib", "0.01")
    assert status == 1, printed
    assert "more than 0.01 GiB were held" in printed
    rows = [line.split(" | ") for line in written.splitlines() if line.startswith("| ")][2:]
    assert [row[0].removeprefix("| ") for row in rows] == [phase.name for phase in PHASES]
    assert all(float(row[2].replace(",", "")) > 20 for row in rows)
    assert [printed.count(f"{phase.name} …") for phase in PHASES] == [1] * len(PHASES)
    assert "1,000 windows on: " in written
    assert "100 acknowledged clips found" in written or "of 100" in written


def test_a_gallery_that_finds_others_than_the_nearest_is_a_failure(folder: Path) -> None:
    search(folder, TASK)
    with pytest.raises(ValueError, match="the gallery's recall at 10 is 0"):
        search(folder, Task(vectors=1000, queries=20, seed=1))


def test_what_is_added_is_found_by_another_opening(folder: Path) -> None:
    adding, finding = add(folder, TASK).said
    assert "an addition with its commit p50 " in adding
    assert "found elsewhere after p50 " in finding


def test_of_a_hundred_times_the_last_but_one_is_the_99th_percentile() -> None:
    found = Latency.of([each / 1000 for each in range(101)])
    assert found.queries == 101
    assert str(found) == "p50 50.00 ms, p99 99.00"


def test_all_ways_are_asked_all_queries_in_turn_and_never_the_same_one_twice_in_a_row() -> None:
    asked: list[tuple[str, float]] = []
    queries = np.arange(6, dtype=np.float32)[:, None]
    ways = [lambda query, name=name: asked.append((name, float(query[0, 0]))) for name in "abc"]
    assert [each.queries for each in in_turn(ways, queries, passes=2)] == [12, 12, 12]
    assert [name for name, _ in asked] == list("abc") * 12
    for name, first in zip("abc", (0, 2, 4), strict=True):
        assert [row for its, row in asked if its == name] == [(first + i) % 6 for i in range(12)]


def test_queries_keep_their_rate_and_at_least_one_is_asked() -> None:
    started = perf_counter()
    asked: list[F32] = []
    found = paced(asked.append, np.ones((2, 3), np.float32), rate=100, over=lambda: len(asked) >= 5)
    assert perf_counter() - started >= 0.05
    assert found.queries == len(asked) == 5
    assert asked[0].shape == (1, 3)
    assert paced(asked.append, np.ones((2, 3), np.float32), rate=1000, over=lambda: True).queries == 1


def test_memory_at_most_does_not_fall() -> None:
    before = peak_mib()
    held = np.ones(16 * 2**20)
    assert peak_mib() >= before
    del held
    assert peak_mib() >= 128


def test_the_document_has_a_place_for_the_table_and_names_every_phase() -> None:
    written = DOCUMENT.read_text()
    assert [written.count(each) for each in MARKERS] == [1, 1]
    before = written.partition(MARKERS[0])[0]
    assert [phase.name for phase in PHASES if f"**{phase.name}**" not in before] == []
