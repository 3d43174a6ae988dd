"""Maps of embeddings: clips and class names that share a space, in the plane."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from sklearn.manifold import TSNE

from models.types import F32, F64, I64, Bool
from training.comparison.canvas import FAINT, canvas, save

MAPPED = 1500
"""Clips on a map; t-SNE's time grows faster than their number."""

NAMED = 20
"""Classes that a map tells apart by strong colours and names: unseen ones or, where there are none, all."""


def embedding_map(
    path: Path,
    *,
    clips: Mapping[str, F32],
    texts: F32 | None,
    labels: I64,
    names: Sequence[str],
    seen: Bool,
    seed: int,
    title: str,
) -> None:
    """t-SNE of the embeddings that share a space, a panel a modality; up to `NAMED` classes are named.

    Args:
        clips: [n, d] by modality.
        texts: [c, d] of the classes; None where no text shares the space.
    """
    numbers = np.random.default_rng(seed)
    rows = np.sort(numbers.permutation(len(labels))[: MAPPED // max(len(clips), 1)])
    joined = np.concatenate([each[rows] for each in clips.values()] + ([] if texts is None else [texts]))
    plane = _plane(joined, seed)
    figure, panels = canvas(5.0 * len(clips) + 1.9, 4.8, columns=len(clips))
    named = ~seen if not seen.all() else seen
    colours = _class_colours(named)
    for number, (modality, axes) in enumerate(zip(clips, np.atleast_1d(panels), strict=True)):
        _scatter(axes, plane[number * len(rows) : (number + 1) * len(rows)], labels[rows], seen, colours)
        if texts is not None:
            _stars(axes, plane[-len(texts) :], named, colours)
        axes.set(xticks=[], yticks=[], xlim=_span(plane[:, 0]), ylim=_span(plane[:, 1]))
        axes.set_title(modality, loc="left", fontsize=10, color="#555555")
        axes.spines[:].set(visible=True, color="#dddddd")
    figure.legend(
        handles=_legend(names, seen, named, colours, with_texts=texts is not None),
        loc="outside right upper",
        fontsize=7,
        frameon=False,
    )
    save(figure, path, title=title)


def _plane(embedded: F32, seed: int) -> F64:
    """[n, 2]: t-SNE, from the two directions of most variance where there are two."""
    start = "pca" if min(embedded.shape) > 2 else "random"
    perplexity = float(np.clip(len(embedded) // 4, 1, 30))
    found: F64 = TSNE(init=start, perplexity=perplexity, random_state=seed).fit_transform(embedded)
    return found


def _class_colours(named: Bool) -> list[Any]:
    """A colour a class: named ones strong, as far as there are different ones; the others light."""
    strong, light = colormaps["tab20"], colormaps["hsv"]
    hues = np.linspace(0, 1, len(named), endpoint=False)
    # Of twenty colours in pairs first the strong one of each.
    order = [(2 * row) % NAMED + (2 * row) // NAMED % 2 for row in np.cumsum(named) - 1]
    return [
        strong(int(row)) if of_name else (*light(hue)[:3], 0.35)
        for hue, row, of_name in zip(hues, order, named, strict=True)
    ]


def _scatter(axes: Axes, points: F64, labels: I64, seen: Bool, colours: Sequence[Any]) -> None:
    for side, marker, size in ((True, "o", 10), (False, "^", 20)):
        chosen = seen[labels] == side
        x, y = points[chosen].T
        axes.scatter(x, y, c=[colours[label] for label in labels[chosen]], s=size, marker=marker, lw=0)


def _stars(axes: Axes, points: F64, named: Bool, colours: Sequence[Any]) -> None:
    for (x, y), of_name, colour in zip(points, named, colours, strict=True):
        size, width = (110, 0.8) if of_name else (30, 0.4)
        axes.scatter([x], [y], color=[colour[:3]], s=size, marker="*", edgecolors="#222222", linewidths=width, zorder=4)


def _legend(names: Sequence[str], seen: Bool, named: Bool, colours: Sequence[Any], *, with_texts: bool) -> list[Line2D]:
    def mark(marker: str, colour: Any, label: str) -> Line2D:
        return Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=label)

    known, unknown = int(seen.sum()), int((~seen).sum())
    legend = [mark("o", FAINT, f"clips of {known} seen classes")] if known else []
    legend += [mark("^", FAINT, f"clips of {unknown} unseen classes")] if unknown else []
    legend += [mark("*", FAINT, "class names")] if with_texts else []
    if named.sum() > NAMED:
        return legend
    rows = map(int, np.flatnonzero(named))
    return legend + [mark("o" if seen[row] else "^", colours[row], names[row]) for row in rows]


def _span(values: F64) -> tuple[float, float]:
    margin = 0.04 * float(np.ptp(values))
    return float(values.min()) - margin, float(values.max()) + margin
