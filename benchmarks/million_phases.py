"""What is done to a gallery of very many windows: a phase a process, so that the memory that it took is its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.gallery import bare_call, bare_structure
from benchmarks.library import NAME, ROUTE, library_of
from benchmarks.pacing import in_turn, paced
from benchmarks.peers_store import K
from benchmarks.peers_task import Task, farthest, recall
from index.galleries import Galleries
from index.gallery import Gallery
from index.searching import Search
from index.tables import VectorTable
from index.vectors.faiss_store import FaissIndex
from index.vectors.scan import threads
from models.types import F32, I64

PROCESSES = get_context("forkserver")
"""What they all need is loaded once."""

LEAST_RECALL = 0.97
"""At 10 on held-out queries; an index is built to reach 0.99 on those that it is measured by."""

PASSES = 5
RATE, QUIET_S = 50.0, 4.0
"""Queries a second, as many clients of a server ask, and for how long they do while nothing else is done."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a phase says, and what processes that it started held at most, in MiB."""

    said: list[str]
    beside_mib: float = 0.0


@dataclass(frozen=True, slots=True)
class Phase:
    """A piece of work on the gallery in a folder; it says what it found, and raises where that is wrong."""

    name: str
    work: Callable[[Path, Task], Found]


@dataclass(frozen=True, slots=True)
class Done:
    """What a phase said, how long it took, and what its processes held at most, in MiB; of several the sum."""

    phase: str
    took_s: float
    peak_mib: float
    said: list[str]


def done(phase: Phase, folder: Path, task: Task) -> Done:
    """The phase in a process of its own; raises what fails in it."""
    with ProcessPoolExecutor(1, mp_context=PROCESSES) as alone:
        return alone.submit(_done, phase, folder, task).result()


def _done(phase: Phase, folder: Path, task: Task) -> Done:
    started = perf_counter()
    found = phase.work(folder, task)
    return Done(phase.name, perf_counter() - started, peak_mib() + found.beside_mib, found.said)


def peak_mib(process: int | str = "self") -> float:
    """What a process has held in memory at most until now."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@contextmanager
def opened(folder: Path) -> Iterator[Gallery]:
    """The gallery with its vectors, as a server opens it."""
    with closing(Galleries.open(folder)) as galleries:
        yield galleries.get(NAME)


def write(folder: Path, task: Task) -> Found:
    """Clips, labels and features into an empty catalog."""
    started = perf_counter()
    vectors, _ = task.drawn()
    drawn_s = perf_counter() - started
    library_of(folder, vectors).close()
    return Found([f"{task.vectors / (perf_counter() - started - drawn_s):,.0f} windows a second"])


def build(folder: Path, task: Task) -> Found:
    """The first opening embeds all windows and makes the index and its snapshot."""
    with opened(folder) as gallery:
        report = gallery.active.table(ROUTE).report
        assert report is not None, "it was just built"
        _check_count(gallery, task.vectors)
        return Found([f"{report.kind}, recall at {report.at} {report.recall:.4f} when built"])


def search(folder: Path, task: Task) -> Found:
    """The gallery's recall, and its search beside FAISS's own calls on the same vectors and structure, in turn."""
    started = perf_counter()
    with opened(folder) as gallery:
        ready_s = perf_counter() - started
        vectors, queries = task.drawn()
        limits, ask, index = farthest(vectors, queries, K), asking(gallery), _index(gallery)
        whole, candidates = bare_call(index, vectors), bare_structure(index)
        rows = (
            np.stack([_rows(ask(each)) for each in queries[:, None]]),
            np.concatenate([whole(each) for each in queries[:, None]]),
        )
        ours, bare = (recall(each, limits, queries=queries, vectors=vectors) for each in rows)
        if ours < LEAST_RECALL:
            raise ValueError(f"the gallery's recall at {K} is {ours:.4f}, expected {LEAST_RECALL} at least")
        with threads(1):
            took = in_turn([ask, whole, *([candidates] if candidates else [])], queries, passes=PASSES)
    names = (
        f"`Gallery.search_vectors` (recall {ours:.4f})",
        f"FAISS's own call (recall {bare:.4f})",
        "without re-ranking",
    )
    ready = f"ready {ready_s:.1f} s after a start with a snapshot"
    return Found([ready, *(f"{name} {each}" for name, each in zip(names, took, strict=False))])


def reindex_inside(folder: Path, task: Task) -> Found:
    """By a thread of the process that answers, as a server's own worker does it."""
    with opened(folder) as gallery, ThreadPoolExecutor(1) as beside:
        return _meanwhile(gallery, task, lambda: beside.submit(gallery.reindex, NAME))


def reindex_outside(folder: Path, task: Task) -> Found:
    """By another process, as `sightsound worker` does it."""
    with opened(folder) as gallery, ProcessPoolExecutor(1, mp_context=PROCESSES) as beside:
        return _meanwhile(gallery, task, lambda: beside.submit(_reindex, folder))


def _reindex(folder: Path) -> float:
    with opened(folder) as gallery:
        gallery.reindex(NAME)
    return peak_mib()


def _meanwhile(gallery: Gallery, task: Task, begin: Callable[[], Future[object]]) -> Found:
    """Searches before and while something is done; raises what fails in it."""
    _, queries = task.drawn()
    ask, until = asking(gallery), perf_counter() + min(QUIET_S, task.vectors / 5000)
    quiet = paced(ask, queries, rate=RATE, over=lambda: perf_counter() > until)
    started, work = perf_counter(), begin()
    meanwhile = paced(ask, queries, rate=RATE, over=work.done)
    took_s = perf_counter() - started
    peak = work.result()
    _check_count(gallery, task.vectors)
    before = f"searches at {RATE:.0f} a second before it {quiet}"
    return Found(
        [f"reindexed in {took_s:.1f} s", before, f"meanwhile {meanwhile}"], peak if isinstance(peak, float) else 0.0
    )


def asking(gallery: Gallery) -> Callable[[F32], list[str]]:
    """The gallery's search by a vector [1, 64], for the ids of the nearest clips."""
    asked = Search(ROUTE, K)
    return lambda query: [hit.clip_id for hit in gallery.search_vectors(query, asked)[0]]


def _rows(clip_ids: list[str]) -> I64:
    """[10] the rows that these clips of the task are of; -1 pads."""
    rows = [int(each, 16) for each in clip_ids]
    return np.array(rows + [-1] * (K - len(rows)), np.int64)


def _index(gallery: Gallery) -> FaissIndex:
    table = gallery.active.table(ROUTE)
    assert isinstance(table, VectorTable), "nothing else was asked for"
    assert isinstance(table.index, FaissIndex), "FAISS is installed where it is measured"
    return table.index


def _check_count(gallery: Gallery, expected: int) -> None:
    found = gallery.summary().windows, len(gallery.active.table(ROUTE))
    if found != (expected, expected):
        raise ValueError(f"the gallery has {found[0]} windows and {found[1]} vectors, expected {expected}")
