"""Clips added one by one: how soon they are found, and whether a killed process kept what it acknowledged."""

from multiprocessing.connection import Connection
from pathlib import Path
from signal import SIGKILL
from time import perf_counter

from benchmarks.library import widened
from benchmarks.million_phases import PROCESSES, Found, asking, opened, peak_mib
from benchmarks.pacing import Latency
from benchmarks.peers_task import Task
from index.gallery import Gallery
from models.features.extract import ClipFeatures, WindowFeatures
from models.types import F32, Window

ADDED = 30
ACKNOWLEDGED = 100
"""Clips after which the process that adds more of them is killed."""


def add(folder: Path, task: Task) -> Found:
    """Committed by one opening of the gallery and searched for in another, which is as another process is to it."""
    vectors, _ = Task(ADDED, 1, seed=1).drawn()
    adding, finding = [], []
    with opened(folder) as here, opened(folder) as there:
        ask = asking(there)
        for i, vector in enumerate(vectors):
            started = perf_counter()
            clip_id = _add(here, folder, vector, name=f"added {i}.mp4")
            committed = perf_counter()
            found = ask(vector[None])
            adding.append(committed - started)
            finding.append(perf_counter() - committed)
            if clip_id not in found:
                raise ValueError(f"the clip {clip_id!r} was added and is not found")
    return Found([f"an addition with its commit {Latency.of(adding)}", f"found elsewhere after {Latency.of(finding)}"])


def kill(folder: Path, task: Task) -> Found:
    """A process that adds and acknowledges is killed with -9; then the gallery is opened again."""
    receiving, sending = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_add_on, args=(folder, sending))
    process.start()
    sending.close()
    acknowledged = [receiving.recv() for _ in range(ACKNOWLEDGED)]
    assert process.pid is not None, "it was started"
    peak = peak_mib(process.pid)
    process.kill()
    process.join()
    acknowledged += _rest(receiving)
    if process.exitcode != -SIGKILL:
        raise ValueError(f"the process ended by itself, with {process.exitcode}")
    return Found(_reopened(folder, acknowledged), beside_mib=peak)


def _reopened(folder: Path, acknowledged: list[str]) -> list[str]:
    vectors, started = _more(len(acknowledged)), perf_counter()
    with opened(folder) as gallery:
        ask = asking(gallery)
        ready_s = perf_counter() - started
        missing = [each for each, vector in zip(acknowledged, vectors, strict=True) if each not in ask(vector[None])]
        if missing:
            raise ValueError(f"{len(missing)} of {len(acknowledged)} acknowledged clips are not found: {missing[0]!r}")
    return [
        f"ready again {ready_s:.1f} s after that",
        f"{len(acknowledged)} of {len(acknowledged)} acknowledged clips found",
    ]


def _add_on(folder: Path, sending: Connection) -> None:
    """Add clips until killed; each is acknowledged once it is committed."""
    with opened(folder) as gallery:
        for i, vector in enumerate(_more(100 * ACKNOWLEDGED)):
            sending.send(_add(gallery, folder, vector, name=f"more {i}.mp4"))


def _more(count: int) -> F32:
    """[count, 64] the same whatever the count is."""
    vectors, _ = Task(100 * ACKNOWLEDGED, 1, seed=2).drawn()
    return vectors[:count]


def _rest(receiving: Connection) -> list[str]:
    """What was sent before its sender died."""
    found = []
    try:
        while True:
            found.append(receiving.recv())
    except EOFError:
        return found


def _add(gallery: Gallery, folder: Path, vector: F32, *, name: str) -> str:
    """The id of a new clip of one window with this vector [64]."""
    path = folder / "added.mp4"
    path.write_text(name)  # what makes it another clip
    features = ClipFeatures(10.0, (WindowFeatures(Window(0.0, 10.0), {"video": widened(vector[None])[0]}),))
    return gallery.add(path, name=name, labels=["added"], features=features).id
