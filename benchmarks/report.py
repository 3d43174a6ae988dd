"""Results for people and programs: a table on the terminal, a table in docs/performance.md, JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table

from benchmarks.machine import Machine
from benchmarks.measuring import Ratio, Result

BEGIN, END = "<!-- written by make bench: begin -->", "<!-- written by make bench: end -->"
COLUMNS = ("benchmark", "ours", "measured against", "ratio", "least to most", "ms")
WORDS = COLUMNS[:3]


@dataclass(frozen=True, slots=True)
class Report:
    """All results of one run on one machine, each ratio the median of so many rounds."""

    machine: Machine
    rounds: int
    results: Sequence[Result]

    def table(self) -> Table:
        """For the terminal."""
        title = f"Our time as a multiple of the other, median of {self.rounds} rounds"
        shown = Table(title=title, title_justify="left", title_style="bold", caption=str(self.machine))
        for column in COLUMNS:
            shown.add_column(column, justify="left" if column in WORDS else "right")
        for row in self._rows():
            shown.add_row(*row)
        return shown

    def markdown(self) -> str:
        """For the document."""
        rule = ["---" if column in WORDS else "---:" for column in COLUMNS]
        lines = ["| " + " | ".join(cells) + " |" for cells in (COLUMNS, rule, *self._rows())]
        return "\n".join([f"Median of {self.rounds} rounds on: {self.machine}.", "", *lines])

    def json(self) -> str:
        """For programs."""
        return json.dumps(asdict(self), indent=2)

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for result in self.results:
            for ratio in result.ratios:
                yield result.name, ratio.ours, ratio.peer, *_figures(ratio)
            for what, why in result.skipped.items():
                yield result.name, what, f"skipped: {why}", *[""] * (len(COLUMNS) - len(WORDS))


def write_into(document: Path, table: str, markers: tuple[str, str] = (BEGIN, END)) -> None:
    """Replace what stands between the document's markers; raises ValueError unless it has both, in order."""
    before, begin, rest = document.read_text().partition(markers[0])
    _, end, after = rest.partition(markers[1])
    if not (begin and end):
        raise ValueError(f"{document} needs the lines {markers[0]!r} and {markers[1]!r}")
    document.write_text(f"{before}{begin}\n\n{table}\n\n{end}{after}")


def _figures(ratio: Ratio) -> tuple[str, str, str]:
    """The ratio, its spread, and both times."""
    spread = f"{_short(ratio.least)} to {_short(ratio.most)}"
    return f"{_short(ratio.median)} x", spread, f"{_short(ratio.ours_ms)} / {_short(ratio.peer_ms)}"


def _short(value: float) -> str:
    """Two significant digits, whole numbers from 10 on: a shared machine tells no more."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
