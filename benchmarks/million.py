"""The command `python -m benchmarks.million`: a gallery of very many windows built, searched, reindexed and killed."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.machine import Machine, this_machine
from benchmarks.million_killed import add, kill
from benchmarks.million_phases import (
    PROCESSES,
    Done,
    Phase,
    build,
    done,
    reindex_inside,
    reindex_outside,
    search,
    write,
)
from benchmarks.peers_task import Task
from benchmarks.report import write_into
from sightsound.progress import Steps

DOCUMENT = Path(__file__).parent.parent / "docs/performance.md"
MARKERS = "<!-- written by benchmarks.million: begin -->", "<!-- written by benchmarks.million: end -->"
WINDOWS, QUERIES = 1_000_000, 200
MOST_GIB = 8.0
PHASES: tuple[Phase, ...] = (
    Phase("catalog written", write),
    Phase("vectors built", build),
    Phase("started and searched", search),
    Phase("reindexed inside", reindex_inside),
    Phase("reindexed by a worker", reindex_outside),
    Phase("clips added", add),
    Phase("killed while adding", kill),
)


@dataclass(frozen=True, slots=True)
class Run:
    """All phases on one machine with so many windows."""

    machine: Machine
    windows: int
    phases: list[Done]

    def markdown(self) -> str:
        """For the document, and legible on a terminal."""
        rows = [
            f"| {each.phase} | {each.took_s:.1f} | {each.peak_mib:,.0f} | {'; '.join(each.said)} |"
            for each in self.phases
        ]
        head = f"{self.windows:,} windows on: {self.machine}."
        return "\n".join([head, "", "| phase | s | MiB | what it says |", "| --- | ---: | ---: | --- |", *rows])

    def beyond(self, most_gib: float) -> list[str]:
        """The phases whose process held more."""
        return [f"{each.phase}: {each.peak_mib:,.0f} MiB" for each in self.phases if each.peak_mib > 1024 * most_gib]


def main(
    windows: Annotated[int, typer.Option(min=1000, help="How many, each a clip of its own.")] = WINDOWS,
    most_gib: Annotated[float, typer.Option(help="Memory that no phase's process may exceed.")] = MOST_GIB,
    document: Annotated[Path, typer.Option(help="Where the table is written.")] = DOCUMENT,
) -> None:
    """Print and write down how long each phase takes; fails for a wrong answer or too much memory, never for time."""
    console = Console()
    PROCESSES.set_forkserver_preload(["benchmarks.million_killed"])
    run = Run(this_machine(), windows, _phases(Task(windows, QUERIES), console))
    console.print(run.markdown(), markup=False, soft_wrap=True)
    write_into(document, run.markdown(), MARKERS)
    if odd := run.beyond(most_gib):
        console.print(f"more than {most_gib} GiB were held: {'; '.join(odd)}", style="red")
        raise typer.Exit(1)


def _phases(task: Task, console: Console) -> list[Done]:
    found = []
    with TemporaryDirectory() as folder, Steps(console) as steps:
        for phase in PHASES:
            with steps.step(phase.name) as step:
                found.append(done(phase, Path(folder), task))
                step.advance()
            steps.say(f"  {'; '.join(found[-1].said)}")
    return found


if __name__ == "__main__":
    typer.run(main)
