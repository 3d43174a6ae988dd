"""Rows as a table in Markdown."""

from collections.abc import Sequence

from benchmarks.gpu.task import Row

HEAD = ("part", "what", "figure", "of its bandwidth", "of its product rate", "holds")


def markdown(rows: Sequence[Row], machine: str) -> str:
    """The document: what it was measured on, and the rows."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (HEAD, ["---"] * len(HEAD), *map(_cells, rows))]
    return "\n".join([f"Measured on: {machine}.", "", *lines, ""])


def _cells(row: Row) -> tuple[str, ...]:
    holds = {True: "yes", False: "**no**", None: ""}[row.holds]
    return row.part, row.what, row.figure, _share(row.bandwidth), _share(row.products), holds


def _share(share: float | None) -> str:
    """A percentage, however small: of what is slow on the device, the digit that tells how slow."""
    return "" if share is None else f"{share:.1%}" if share >= 0.001 else f"{100 * share:.1g}%"
