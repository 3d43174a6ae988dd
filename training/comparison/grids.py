"""Grids of queries with what they found."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from models.types import U8
from training.comparison.canvas import SEEN, UNSEEN, canvas, save

RIGHT, WRONG = "#2a8f4f", "#c0392b"


@dataclass(frozen=True, slots=True)
class Shown:
    """A clip as a grid shows it: its class, whether training saw that, and a picture [h, w, 3] if there is one."""

    label: str
    seen: bool
    picture: U8 | None = None


def retrieval_grid(
    path: Path, *, queries: Sequence[Shown], hits: Sequence[Sequence[Shown]], by: str, title: str
) -> None:
    """A query a row and what it found, best first; a right hit has a green frame, a wrong one a red one.

    `by` says what of a query is looked for.
    """
    columns = 1 + max(len(each) for each in hits)
    pictures = any(each.picture is not None for line in hits for each in line)
    height = (1.62 if pictures else 0.6) * len(queries) + 0.75
    figure, panels = canvas(1.45 * columns, height, rows=len(queries), columns=columns)
    for line, query, found in zip(np.atleast_2d(panels), queries, hits, strict=True):
        for axes in line:
            axes.set_axis_off()
        _panel(line[0], query, SEEN if query.seen else UNSEEN)
        for axes, hit in zip(line[1:], found, strict=False):
            _panel(axes, hit, RIGHT if hit.label == query.label else WRONG)
    for number, axes in enumerate(np.atleast_2d(panels)[0]):
        axes.set_title(f"query: {by}" if number == 0 else f"hit {number}", fontsize=8, color="#555555")
    save(figure, path, title=f"{title}\nqueries of seen classes are blue, of unseen ones orange")


def _panel(axes: Axes, shown: Shown, colour: str) -> None:
    """A picture with its class below it, or the class alone in its place."""
    axes.set_axis_on()
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color=colour, linewidth=3)
    label = _wrapped(shown.label)
    if shown.picture is not None:
        axes.imshow(shown.picture)
        axes.set_xlabel(label, fontsize=7, color=colour)
        return
    axes.set(xlim=(0, 1), ylim=(0, 1), facecolor="#f6f6f6")
    axes.text(0.5, 0.5, label, fontsize=8, color=colour, ha="center", va="center")


def _wrapped(label: str) -> str:
    """A class name in lines that fit a panel."""
    lines = [""]
    for word in label.split():
        if len(lines[-1]) + len(word) > 15 and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
