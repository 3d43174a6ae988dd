"""The comparison with other systems at a tiny size: its rows, its recall, its table. No figure is asserted."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from subprocess import PIPE, Popen, run

import numpy as np
import pytest
from rich.console import Console

from benchmarks.machine import this_machine
from benchmarks.peers import DOCUMENT, SIZES, compare, markers
from benchmarks.peers_every import PEERS
from benchmarks.peers_measuring import TARGETS, Measured, Speed, _family, measure
from benchmarks.peers_store import Ask, K, Peer, Step, Store
from benchmarks.peers_table import Comparison
from benchmarks.peers_task import Task, farthest, recall
from models.types import F32

TASK = Task(vectors=400, queries=20)
OURS = [peer for peer in PEERS if peer.package in ("sightsound", "faiss-cpu")]


class Some:
    """Looks at the first `rows` vectors only."""

    def __init__(self) -> None:
        self._vectors = np.empty((0, 0), np.float32)

    def build(self, vectors: F32) -> None:
        self._vectors = vectors

    def steps(self) -> Sequence[Step]:
        return [{"rows": 100}, {"rows": 390}, {"rows": 400}]

    def asking(self, step: Step) -> Ask:
        seen = self._vectors[: step["rows"]]
        return lambda query: np.square(seen - query).sum(axis=1).argsort(kind="stable")[:K].tolist()


class Blind(Some):
    """Never gets better than its first hundred."""

    def steps(self) -> Sequence[Step]:
        return [{"rows": 50}, {"rows": 100}]


@dataclass(frozen=True)
class Opened:
    """Gives this store."""

    store: Store

    @contextmanager
    def __call__(self, folder: Path) -> Iterator[Store]:
        yield self.store


def peer(store: Store, *, modules: tuple[str, ...] = (), most: int = 1000) -> Peer:
    return Peer("Some", "numpy", modules, Opened(store), most)


def oracle(seen: int) -> float:
    """The share of the ten nearest of all that are among the first so many, by sorting all distances in a loop."""
    vectors, queries = TASK.drawn()
    found = 0
    for query in queries:
        nearest = sorted(range(len(vectors)), key=lambda row: float(((vectors[row] - query) ** 2).sum()))[:K]
        found += sum(row < seen for row in nearest)
    return found / (K * len(queries))


def test_the_task_is_the_same_every_time_of_unit_length_and_what_float16_holds() -> None:
    for rows, again in zip(TASK.drawn(), TASK.drawn(), strict=True):
        assert np.array_equal(rows, again)
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)  # float16 keeps 11 bits
        assert np.array_equal(rows, rows.astype(np.float16))


def test_the_limit_of_a_query_is_the_distance_of_its_tenth_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.peers_task.ROWS", 64)
    vectors, queries = TASK.drawn()
    expected = [np.sort(np.linalg.norm(vectors - query, axis=1))[K - 1] for query in queries]
    assert np.allclose(farthest(vectors, queries, K), np.negative(expected), atol=1e-5)


def test_an_answer_that_repeats_a_row_or_ends_early_is_not_counted_as_found() -> None:
    vectors, queries = TASK.drawn()
    limits = farthest(vectors, queries[:1], K)
    best = np.square(vectors - queries[0]).sum(axis=1).argsort()[:K]
    answers = np.array([best, np.full(K, best[0]), np.where(np.arange(K) < 5, best, -1)])
    shares = [recall(row[None], limits, queries=queries[:1], vectors=vectors) for row in answers]
    assert shares == [1.0, 0.1, 0.5]


def test_the_first_setting_that_reaches_a_recall_is_taken_and_its_recall_is_the_oracles() -> None:
    found = measure(peer(Some()), TASK)
    assert [speed.target for speed in found.speeds] == list(TARGETS)
    for speed in found.speeds:
        assert speed.recall == pytest.approx(oracle(speed.step["rows"]))
        assert speed.recall >= speed.target
    assert oracle(100) < TARGETS[0]
    assert found.speeds[0].step != {"rows": 100}


def test_a_recall_that_is_never_reached_is_said_with_the_most_thorough_setting() -> None:
    found = measure(peer(Blind()), TASK)
    assert {speed.step["rows"] for speed in found.speeds} == {100}
    assert found.speeds[0].recall == pytest.approx(oracle(100))
    written = Comparison(this_machine(), TASK.queries, [found], {}).markdown()
    assert "| 0.95 (missed), 0.99 (missed) | rows 100 |" in written


@pytest.mark.parametrize("ours", OURS, ids=lambda each: each.name)
def test_each_of_our_ways_gives_a_row_for_each_recall(ours: Peer) -> None:
    found = measure(ours, TASK)
    assert found.peer == f"{ours.name} ({ours.package} {version(ours.package)})"
    assert found.build_s > 0
    for speed in found.speeds:
        assert speed.recall >= speed.target
        assert 0 < speed.p50_ms <= speed.p99_ms
        assert speed.qps > 0


def test_a_peer_that_is_not_installed_or_given_too_much_is_skipped_by_name() -> None:
    peers = [peer(Some(), modules=("no_such_module",)), peer(Some(), most=10)]
    reasons = [compare([each], TASK, Console(quiet=True)).skipped for each in peers]
    assert reasons == [{"Some": "no_such_module is not installed"}, {"Some": "it is for at most 10 vectors"}]


def test_all_peers_have_a_row_or_a_reason() -> None:
    installed = [each for each in PEERS if each.package == "faiss-cpu"]
    absent = peer(Some(), modules=("no_such_module",))
    found = compare([*installed, absent], TASK, Console(quiet=True))
    assert [each.peer for each in found.found] == [str(each) for each in installed]
    assert list(found.skipped) == ["Some"]
    written = found.markdown()
    assert all(f"| 400 | {each} |" in written for each in installed)
    assert "- Some: skipped, no_such_module is not installed" in written


def test_settings_that_serve_both_recalls_are_one_row() -> None:
    speed = Speed(0.95, {"ef": 10}, 0.992, 2000.0, 0.5, 1.25)
    same, other = Speed(0.99, {"ef": 10}, 0.992, 2100.0, 0.4, 1.0), Speed(0.99, {"ef": 20}, 0.999, 1000.0, 1.0, 2.0)
    rows = Comparison(
        this_machine(), 9, [Measured("A", 1000, 1.5, 20.0, (speed, each)) for each in (same, other)], {}
    ).markdown()
    assert "| 1,000 | A | 1.5 | 20 | 0.95, 0.99 | ef 10 | 0.9920 | 2,000 | 0.50 | 1.25 |" in rows
    assert "| 1,000 | A | 1.5 | 20 | 0.95 | ef 10 | 0.9920 | 2,000 | 0.50 | 1.25 |" in rows
    assert "| 1,000 | A | 1.5 | 20 | 0.99 | ef 20 | 0.9990 | 1,000 | 1.00 | 2.00 |" in rows


GROWN = """
import numpy as np
from benchmarks.peers_measuring import resident_mib

before = resident_mib()
held = np.ones(8 * 2**20)
print(resident_mib() - before)
"""


def test_memory_is_that_of_the_process_and_of_those_it_started() -> None:
    # A process that does nothing else: in one that ran tests for long, memory is given back meanwhile.
    grown = run([sys.executable, "-c", GROWN], capture_output=True, text=True, check=True)
    assert 60 < float(grown.stdout) < 80
    with Popen([sys.executable, "-c", "input()"], stdin=PIPE) as started:
        assert set(_family(os.getpid())) >= {os.getpid(), started.pid}


def test_the_document_has_a_place_for_the_table_and_names_every_peer() -> None:
    written = DOCUMENT.read_text()
    assert [written.count(each) for size in SIZES for each in markers(size)] == [1, 1, 1, 1]
    before = written.partition(markers(SIZES[0])[0])[0]
    assert [name for name in ("Chroma", "milvus-lite", "LanceDB", "hnswlib", "FAISS") if name not in before] == []
