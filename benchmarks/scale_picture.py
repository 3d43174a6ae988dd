"""docs/images/scale.svg: with how many windows each part breaks, and whether what replaces it is there."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from benchmarks.scale_limits import Limit
from benchmarks.scale_tables import count

FEWEST, MOST = 1e4, 1e10
HOLDS, COLOURS = "#c9d3dd", {"yes": "#3a8f5c", "in part": "#d9902f", "no": "#b8433d"}
"""Of a bar as far as a part holds, and beyond it by what is there."""


def drawn(limits: Sequence[Limit], path: Path) -> None:
    """A bar a part, which changes its colour where the part breaks; first what breaks first.

    The same limits give the same bytes, and letters in them are letters.
    """
    steady = rc_context({"svg.hashsalt": "scale", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9})
    with steady:
        figure = Figure(figsize=(9.6, 0.8 + 0.36 * len(limits)))
        figure.subplots_adjust(left=0.36, right=0.98, top=0.9, bottom=0.1)
        axes = figure.subplots()
        _bars(axes, limits)
        handles = [Patch(color=colour) for colour in (HOLDS, *COLOURS.values())]
        named = ["holds", *(f"breaks; what replaces it is there: {each}" for each in COLOURS)]
        figure.legend(handles, named, loc="upper center", ncols=4, frameon=False, fontsize=8)
        figure.savefig(path, metadata={"Date": None})


def _bars(axes: Axes, limits: Sequence[Limit]) -> None:
    for row, limit in enumerate(limits):
        breaks = min(max(limit.windows, FEWEST), MOST)
        axes.barh(row, breaks - FEWEST, left=FEWEST, height=0.6, color=HOLDS)
        axes.barh(row, MOST - breaks, left=breaks, height=0.6, color=COLOURS[there(limit)])
        axes.text(breaks / 1.1, row, count(limit.windows), ha="right", va="center")
        axes.text(MOST / 1.1, row, there(limit), ha="right", va="center", color="white")
    axes.set_yticks(range(len(limits)), [limit.part.replace("`", "") for limit in limits])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(FEWEST, MOST)
    axes.set_xlabel("windows")
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def there(limit: Limit) -> str:
    """Whether what replaces a part is there: yes, in part or no."""
    return limit.is_there if limit.is_there in COLOURS else "in part"
