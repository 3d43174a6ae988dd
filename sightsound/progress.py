"""Progress that people watch: a bar a step, with what is being done and how long is left."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)


@dataclass
class Step:
    """One bar; `to(done)` moves it."""

    _bars: Progress
    _task: int

    def advance(self, note: str = "") -> None:
        """One more unit is done; `note` stands behind the bar."""
        self._bars.update(self._task, advance=1, note=note)  # type: ignore[arg-type]

    def to(self, done: int, note: str = "") -> None:
        """So many units are done; `note` stands behind the bar."""
        self._bars.update(self._task, completed=done, note=note)  # type: ignore[arg-type]


@dataclass
class Steps:
    """All the bars of a piece of work, and the seconds each step took.

    Where nobody watches, as in a log, a line when a step begins and one when it is over stand for the bars.
    """

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._watched = self.console.is_terminal
        self._bars = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            TextColumn("[dim]{task.fields[note]}"),
            expand=True,
            console=self.console,
            disable=not self._watched,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    @contextmanager
    def step(self, name: str, total: int) -> Iterator[Step]:
        """A step of `total` units, timed."""
        started = time.monotonic()
        task = self._bars.add_task(name, total=total, note="")
        self._log(f"{name} ({total}) …")
        yield Step(self._bars, task)
        self.seconds[name] = time.monotonic() - started
        self._bars.update(task, completed=total)
        self._log(f"{name}: {self.seconds[name]:.1f} s")

    def _log(self, line: str) -> None:
        if not self._watched:
            self.console.print(line, highlight=False)
