"""Progress that people watch: a bar a step, with what is being done and how long is left."""

import time
from collections import deque
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
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

LOG_EVERY_S = 60.0
"""Between two lines of a step that goes on, where nobody watches."""


@dataclass
class Step:
    """One bar, which moves as units are done; `note` stands behind it.

    `total` is None where it is not known beforehand.
    """

    _steps: "Steps"
    _task: TaskID
    _name: str
    _total: int | None
    _done: int = 0
    _logged: float = field(default_factory=time.monotonic)

    def advance(self, note: str = "", *, left: int | None = None) -> None:
        """One more unit is done; `left`, where it is known, are still to come."""
        self._show(self._done + 1, self._total if left is None else self._done + 1 + left, note)

    def to(self, done: int, note: str = "") -> None:
        """So many units are done."""
        self._show(done, self._total, note)

    def at(self, done: int, total: int | None, note: str) -> None:
        """So many units are done, of as many as are known by now."""
        self._total = total
        self._show(done, total, note)

    def fill(self) -> None:
        """The step is over, of however many units it was."""
        self._steps.fill(self._task, self._total or max(self._done, 1))

    def _show(self, done: int, total: int | None, note: str) -> None:
        self._done = done
        self._steps.move(self._task, done, total, note)
        if time.monotonic() - self._logged >= LOG_EVERY_S:
            self._logged = time.monotonic()
            self._steps.log(f"{self._name}: {done}{'' if total is None else f' of {total}'} {note}".rstrip())


@dataclass
class Steps:
    """All the bars of a piece of work, and the seconds each step took.

    Bars that are full move up and out of the way, so that the one that moves stays in sight. Where nobody watches, as
    in a log, a line when a step begins, one a minute, and one when it is over stand for the bars.
    """

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._watched = self.console.is_terminal
        self._full: deque[TaskID] = deque()
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
    def step(self, name: str, total: int | None = None) -> Iterator[Step]:
        """A step of `total` units, None where they are not known yet, timed."""
        started = time.monotonic()
        task = self._bars.add_task(name, total=total, note="")
        self.log(f"{name}{'' if total is None else f' ({total})'} …")
        step = Step(self, task, name, total)
        try:
            yield step
        except BaseException:
            self._bars.remove_task(task)
            self.say(f"{name}: stopped after {time.monotonic() - started:.1f} s")
            raise
        self.seconds[name] = time.monotonic() - started
        step.fill()
        self.log(f"{name}: {self.seconds[name]:.1f} s")

    def move(self, task: TaskID, done: int, total: int | None, note: str) -> None:
        """Show that so many units of a bar are done."""
        self._bars.update(task, completed=done, total=total, note=note)

    def fill(self, task: TaskID, units: int) -> None:
        """Show a bar as full; of many such the oldest leaves the moving part."""
        self._bars.update(task, completed=units, total=units)
        self._full.append(task)
        while self._watched and len(self._full) > self.console.height // 2:
            oldest = self._full.popleft()
            self.console.print(self._bars.make_tasks_table([each for each in self._bars.tasks if each.id == oldest]))
            self._bars.remove_task(oldest)

    def log(self, line: str) -> None:
        """A line where nobody watches the bars."""
        if not self._watched:
            self.say(line)

    def say(self, line: str) -> None:
        """A line that stays, watched or not."""
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)
