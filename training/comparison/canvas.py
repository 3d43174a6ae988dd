"""What the pictures of a comparison have in common: colours, size in inches, and how they are written."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

SEEN, UNSEEN, BOTH, FAINT = "#2f6f9f", "#d9831f", "#333333", "#888888"


def canvas(width: float, height: float, *, rows: int = 1, columns: int = 1) -> tuple[Figure, Any]:
    """A figure and its panels: one, a row of them, or rows of rows."""
    figure = Figure(figsize=(width, height), layout="constrained", dpi=130)
    panels = figure.subplots(rows, columns)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, panels


def save(figure: Figure, path: Path, *, title: str) -> None:
    """Write a figure with a title above all of it."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
