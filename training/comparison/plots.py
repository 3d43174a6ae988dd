"""Pictures of a comparison: calibration curves, maps of embeddings, bars by class, and who differs from whom."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scikit_posthocs import critical_difference_diagram
from sklearn.manifold import TSNE

from models.types import F32, F64, I64, Bool
from training.comparison.significance import ALPHA, Comparison

SEEN, UNSEEN, BOTH = "#2f6f9f", "#c8553d", "#444444"
MAPPED = 1500
"""Clips on a map; t-SNE's time grows faster than their number."""


def calibration_curve(path: Path, *, betas: F64, seen: F64, unseen: F64, harmonic: F64, chosen: float) -> None:
    """S, U and HM [b] over beta on the test clips, the chosen beta marked."""
    figure, axes = _figure(6, 3.6)
    for name, values, colour in (("S", seen, SEEN), ("U", unseen, UNSEEN), ("HM", harmonic, BOTH)):
        axes.plot(betas, 100 * values, color=colour, linewidth=2.2 if name == "HM" else 1.4)
        axes.annotate(
            name, (betas[-1], 100 * values[-1]), xytext=(6, 0), textcoords="offset points", color=colour, va="center"
        )
    axes.axvline(chosen, color="#999999", linewidth=1, linestyle=":")
    axes.annotate("chosen on validation", (chosen, 1), xycoords=("data", "axes fraction"), fontsize=8, color="#777777")
    axes.set(xlabel="β taken off the scores of seen classes", ylabel="mean class accuracy, %")
    _save(figure, path)


def embedding_map(
    path: Path, *, clips: Mapping[str, F32], texts: F32 | None, labels: I64, names: Sequence[str], seen: Bool, seed: int
) -> None:
    """t-SNE of the embeddings that share a space, a panel a modality; the classes' texts are named.

    Args:
        clips: [n, d] by modality.
        texts: [c, d] of the classes; None where no text shares the space.
    """
    numbers = np.random.default_rng(seed)
    rows = np.sort(numbers.permutation(len(labels))[: MAPPED // max(len(clips), 1)])
    every = [each[rows] for each in clips.values()] + ([] if texts is None else [texts])
    joined = np.concatenate(every)
    plane = TSNE(init="pca", perplexity=min(30, len(joined) // 4), random_state=seed).fit_transform(joined)
    figure, panels = _figure(5.2 * len(clips), 5, columns=len(clips))
    for number, (modality, axes) in enumerate(zip(clips, np.atleast_1d(panels), strict=True)):
        points = plane[number * len(rows) : (number + 1) * len(rows)]
        _scatter(axes, points, labels[rows], seen)
        if texts is not None:
            _name(axes, plane[-len(texts) :], names, seen)
        axes.set_title(modality, loc="left", fontsize=11)
    _save(figure, path)


def class_bars(path: Path, *, values: Mapping[str, Sequence[float | None]], names: Sequence[str], seen: Bool) -> None:
    """The accuracy of every class, seen classes first, each side best first; a panel a method."""
    figure, panels = _figure(max(6.0, 0.26 * len(names)), 1.9 * len(values) + 1.2, rows=len(values))
    first = np.array([np.nan if value is None else value for value in next(iter(values.values()))], np.float64)
    order = np.lexsort((-np.nan_to_num(first), ~seen))
    for (method, each), axes in zip(values.items(), np.atleast_1d(panels), strict=True):
        heights = np.array([np.nan if value is None else value for value in each], np.float64)[order]
        axes.bar(range(len(order)), heights, color=[SEEN if seen[row] else UNSEEN for row in order], width=0.8)
        axes.set(ylim=(0, 100), xticks=[], xlim=(-0.6, len(order) - 0.4))
        axes.set_title(f"{method}: accuracy by class, %, seen (blue) and unseen", loc="left", fontsize=9)
    axes.set_xticks(range(len(order)), [names[row] for row in order], rotation=90, fontsize=7)
    _save(figure, path)


def critical_differences(path: Path, found: Comparison, *, of: str) -> None:
    """Mean ranks on a line; methods joined by a bar do not differ at the 5 % level."""
    figure, axes = _figure(9, 0.8 + 0.32 * len(found.ranks))
    critical_difference_diagram(found.ranks, found.pairs, ax=axes, alpha=ALPHA, label_props={"fontsize": 9})
    axes.set_title(f"Mean rank by {of}; joined: no difference at {ALPHA:.0%} (Nemenyi)", loc="left", fontsize=10)
    _save(figure, path)


def retrieval_grid(path: Path, *, queries: Sequence["Shown"], hits: Sequence[Sequence["Shown"]], title: str) -> None:
    """A query a row and what it found, best first; a right hit has a green frame, a wrong one a red one."""
    columns = 1 + max(len(each) for each in hits)
    figure, panels = _figure(1.5 * columns, 1.75 * len(queries) + 0.4, rows=len(queries), columns=columns)
    for line, query, found in zip(np.atleast_2d(panels), queries, hits, strict=True):
        for axes in line:
            axes.set_axis_off()
        _picture(line[0], query, BOTH)
        for axes, hit in zip(line[1:], found, strict=False):
            _picture(axes, hit, "#2a8f4f" if hit.label == query.label else "#c0392b")
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    _save(figure, path)


class Shown:
    """A clip as a grid shows it: a picture [h, w, 3] if there is one, and its class."""

    def __init__(self, label: str, picture: Any = None) -> None:
        self.label = label
        self.picture = picture


def _picture(axes: Axes, shown: Shown, colour: str) -> None:
    blank = np.full((4, 4, 3), 240, np.uint8)
    axes.imshow(blank if shown.picture is None else shown.picture)
    axes.set_axis_on()
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=colour, linewidth=2.5)
    axes.set_xlabel(shown.label, fontsize=6.5, color=colour)


def _scatter(axes: Axes, points: F64, labels: I64, seen: Bool) -> None:
    hues = np.linspace(0, 1, len(seen), endpoint=False)
    for side, marker in ((True, "o"), (False, "^")):
        chosen = seen[labels] == side
        x, y = points[chosen].T
        colours = hues[labels[chosen]]
        axes.scatter(x, y, c=colours, cmap="hsv", vmin=0, vmax=1, s=9, marker=marker, alpha=0.6, lw=0)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _name(axes: Axes, points: F64, names: Sequence[str], seen: Bool) -> None:
    for (x, y), name, known in zip(points, names, seen, strict=True):
        axes.text(x, y, name, fontsize=6, ha="center", color="#222222", weight="normal" if known else "bold")


def _figure(width: float, height: float, *, rows: int = 1, columns: int = 1) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained", dpi=130)
    panels = figure.subplots(rows, columns)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, panels


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
