"""The command `python -m benchmarks`: measures, prints and writes docs/performance.md."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.contest import Benchmark
from benchmarks.machine import this_machine
from benchmarks.measuring import Result, measure
from benchmarks.report import Report, write_into
from sightsound.progress import Steps

DOCUMENT = Path(__file__).parent.parent / "docs/performance.md"
ROUNDS = 7
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Of arithmetic, ours and the peers', unless a benchmark asks for more: what waits for a second thread measures who
else uses the machine."""


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Benchmarks to run; all by default.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each of two ways takes its turn.")] = ROUNDS,
    json: Annotated[Path | None, typer.Option(help="Also write the results to this file, as JSON.")] = None,
) -> None:
    """Print how our time compares; a run of all benchmarks is also written into docs/performance.md."""
    from benchmarks.every import BENCHMARKS  # here: numpy and torch read how many threads to take when they are loaded

    known = dict.fromkeys(each.name for each in BENCHMARKS)
    if odd := set(names or ()) - known.keys():
        raise typer.BadParameter(f"there is no {', '.join(sorted(odd))}; there are {', '.join(known)}")
    console = Console()
    machine = this_machine()
    results = _results([each for each in BENCHMARKS if each.name in (names or known)], rounds, console)
    report = Report(machine, rounds, results)
    console.print(report.table())
    if json is not None:
        json.write_text(report.json())
    if not names:
        write_into(DOCUMENT, report.markdown())


def _results(benchmarks: Sequence[Benchmark], rounds: int, console: Console) -> list[Result]:
    found = []
    with Steps(console) as steps:
        for each in benchmarks:
            with steps.step(each.name, rounds) as step:
                found.append(measure(each, rounds=rounds, report=step.to))
    return found


if __name__ == "__main__":
    os.environ.update(ONE_THREAD)
    typer.run(main)
