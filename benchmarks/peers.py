"""The command `python -m benchmarks.peers`: our search beside other systems', on the same vectors and queries."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.machine import this_machine
from benchmarks.peers_every import PEERS
from benchmarks.peers_measuring import Measured, measured
from benchmarks.peers_store import Peer
from benchmarks.peers_table import Comparison, rows
from benchmarks.peers_task import Task
from benchmarks.report import write_into

DOCUMENT = Path(__file__).parent.parent / "docs/performance.md"
MARKERS = "<!-- written by benchmarks.peers: begin -->", "<!-- written by benchmarks.peers: end -->"
SIZES = [31_000, 200_000]
QUERIES = 1000
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Words of the systems to measure; all by default.")] = None,
    vectors: Annotated[list[int] | None, typer.Option(help="How many, once each; 31000 and 200000 by default.")] = None,
    queries: Annotated[int, typer.Option(min=1, help="Held out, asked one after the other.")] = QUERIES,
    document: Annotated[Path, typer.Option(help="Where a run of all systems writes its table.")] = DOCUMENT,
) -> None:
    """Print how fast each system builds and answers; a run of all of them is also written into the document."""
    console = Console()
    chosen = [peer for peer in PEERS if not names or any(name.lower() in peer.name.lower() for name in names)]
    comparison = compare(chosen, [Task(count, queries) for count in vectors or SIZES], console)
    console.print(comparison.markdown(), markup=False, soft_wrap=True)
    if not names:
        write_into(document, comparison.markdown(), MARKERS)


def compare(peers: list[Peer], tasks: list[Task], console: Console) -> Comparison:
    """Each peer on each task, one after the other; those that are not installed are left out, by name."""
    machine, found, skipped = this_machine(), list[Measured](), dict[str, str]()
    for task in tasks:
        for peer in peers:
            if (why := peer.missing(task.vectors)) is not None:
                skipped[f"{peer.name}, {task.vectors:,} vectors"] = why
                continue
            found.append(measured(peer, task))
            console.print(*rows(found[-1]), sep="\n", markup=False, soft_wrap=True)
    return Comparison(machine, max(task.queries for task in tasks), found, skipped)


if __name__ == "__main__":
    os.environ.update(ONE_THREAD)  # read by the processes that measure
    typer.run(main)
