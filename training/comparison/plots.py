"""Pictures of figures: calibration curves, bars by class, and who differs from whom."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from scikit_posthocs import critical_difference_diagram

from models.types import F64, Bool
from training.comparison.canvas import BOTH, FAINT, SEEN, UNSEEN, canvas, save
from training.comparison.significance import ALPHA, Comparison

WIDEST = 22.0
"""Inches of a picture with a bar a class; names that do not fit below the bars are left out."""


def calibration_curve(
    path: Path, *, betas: F64, seen: F64, unseen: F64, harmonic: F64, chosen: tuple[float, float], title: str
) -> None:
    """S, U and HM [b] over beta on the test clips; `chosen` is the beta that validation chose, and HM there."""
    figure, axes = canvas(6.4, 3.8)
    curves = (("S", seen, SEEN, 0), ("U", unseen, UNSEEN, -1), ("HM", harmonic, BOTH, int(harmonic.argmax())))
    for name, values, colour, place in curves:
        axes.plot(betas, 100 * values, color=colour, linewidth=2.4 if name == "HM" else 1.5)
        axes.annotate(
            name,
            (betas[place], 100 * values[place]),
            xytext=(0, 5),
            textcoords="offset points",
            color=colour,
            ha={0: "left", -1: "right"}.get(place, "center"),
            weight="bold",
        )
    beta, there = chosen
    axes.plot([beta], [100 * there], "o", color=BOTH, markersize=6, zorder=5)
    axes.axvline(beta, color=FAINT, linewidth=1, linestyle=":")
    to_the_left = beta > (betas[0] + betas[-1]) / 2
    axes.annotate(
        f"chosen on validation: β {beta:.3g}, HM {100 * there:.1f} %\nbest on test: HM {100 * harmonic.max():.1f} %",
        (beta, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-5 if to_the_left else 5, -3),
        textcoords="offset points",
        ha="right" if to_the_left else "left",
        va="top",
        fontsize=8,
        color="#555555",
    )
    top = 100 * max(seen.max(), unseen.max(), 0.01)
    axes.set(xlabel="β taken off the scores of seen classes", ylabel="mean class accuracy, %", ylim=(0, 1.28 * top))
    axes.set_yticks([tick for tick in axes.get_yticks() if tick <= min(1.28 * top, 100)])
    axes.grid(axis="y", color="#eeeeee")
    axes.set_axisbelow(True)
    save(figure, path, title=title)


def class_bars(
    path: Path, *, values: Mapping[str, Sequence[float]], names: Sequence[str], seen: Bool, title: str
) -> None:
    """The accuracy of every class in percent, seen classes first, each side best first; a panel a method.

    The order is the first method's. NaN is of a class without clips.
    """
    width = float(np.clip(0.2 * len(names), 7.0, WIDEST))
    figure, panels = canvas(width, 1.7 * len(values) + 1.4, rows=len(values))
    first = np.array(next(iter(values.values())), np.float64)
    order = np.lexsort((-np.nan_to_num(first, nan=-1.0), ~seen))
    every = np.atleast_1d(panels)
    for (method, each), axes in zip(values.items(), every, strict=True):
        means = _bars(axes, np.array(each, np.float64)[order], seen[order])
        axes.set_title(f"{method}    {means}", loc="left", fontsize=9)
    if width / len(names) > 0.12:
        every[-1].set_xticks(range(len(order)), [names[row] for row in order], rotation=90, fontsize=7)
    save(figure, path, title=title)


def critical_differences(path: Path, found: Comparison, *, title: str) -> None:
    """Mean ranks on a line; methods joined by a bar do not differ at the 5 % level."""
    methods = len(found.ranks)
    figure, axes = canvas(9, 1.5 + 0.24 * methods)
    axes.set_xlim(1, methods)
    critical_difference_diagram(
        found.ranks,
        found.pairs,
        ax=axes,
        alpha=ALPHA,
        label_fmt_left="{label}  {rank:.2f} ",
        label_fmt_right=" {rank:.2f}  {label}",
        label_props={"fontsize": 9},
        color_palette=dict.fromkeys(found.ranks, BOTH),
        elbow_props={"linewidth": 0.8},
        marker_props={"color": SEEN, "s": 22},
        crossbar_props={"color": UNSEEN, "linewidth": 3.5, "solid_capstyle": "round"},
        text_h_margin=0.02 * methods,
    )
    said = (
        f"Friedman p = {found.p_value:.2g} over {found.blocks} classes; joined: no difference at {ALPHA:.0%} (Nemenyi)"
    )
    save(figure, path, title=f"{title}\n{said}")


def _bars(axes: Axes, heights: F64, seen: Bool) -> str:
    """A bar a class, and a line at the mean of each side; what the means are."""
    axes.bar(range(len(heights)), heights, color=np.where(seen, SEEN, UNSEEN), width=0.8)
    means = []
    for side, name in ((seen, "S"), (~seen, "U")):
        places = np.flatnonzero(side & ~np.isnan(heights))
        if len(places):
            mean = float(heights[places].mean())
            axes.hlines(mean, places[0] - 0.4, places[-1] + 0.4, color=BOTH, linewidth=1, linestyle="--")
            means.append(f"{name} {mean:.1f}")
    axes.set(ylim=(0, 100), xticks=[], xlim=(-0.6, len(heights) - 0.4), yticks=[0, 50, 100])
    axes.set_ylabel("accuracy, %", fontsize=7)
    axes.tick_params(labelsize=7)
    return ", ".join(means)
