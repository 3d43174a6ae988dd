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
SIZES = [31_000, 200_000]
"""Of which the document has a table each."""
QUERIES = 1000
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Words of the systems to measure; all by default.")] = None,
    vectors: Annotated[list[int] | None, typer.Option(help="How many, once each; 31000 and 200000 by default.")] = None,
    queries: Annotated[int, typer.Option(min=1, help="Held out, asked one after the other.")] = QUERIES,
    document: Annotated[Path, typer.Option(help="Where a run of all systems writes its table.")] = DOCUMENT,
) -> None:
    """Print how fast each system builds and answers; a run of all of them replaces the document's table of its size."""
    console = Console()
    chosen = [peer for peer in PEERS if not names or any(name.lower() in peer.name.lower() for name in names)]
    for count in vectors or SIZES:
        comparison = compare(chosen, Task(count, queries), console)
        console.print(comparison.markdown(), markup=False, soft_wrap=True)
        if not names and count in SIZES:
            write_into(document, comparison.markdown(), markers(count))


def markers(vectors: int) -> tuple[str, str]:
    """Between which the document has the table of so many vectors."""
    begin, end = (f"<!-- written by benchmarks.peers for {vectors}: {each} -->" for each in ("begin", "end"))
    return begin, end


def compare(peers: list[Peer], task: Task, console: Console) -> Comparison:
    """The peers, one after the other; those that are not installed are left out, by name."""
    machine, found, skipped = this_machine(), list[Measured](), dict[str, str]()
    for peer in peers:
        if (why := peer.missing(task.vectors)) is not None:
            skipped[peer.name] = why
            continue
        found.append(measured(peer, task))
        console.print(*rows(found[-1]), sep="\n", markup=False, soft_wrap=True)
    return Comparison(machine, task.queries, found, skipped)


if __name__ == "__main__":
    os.environ.update(ONE_THREAD)  # read by the processes that measure
    typer.run(main)
