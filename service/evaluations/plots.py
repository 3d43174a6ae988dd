"""Pictures of what an evaluation found, as SVG."""

import math
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from models.errors import DependencyMissing
from service.evaluations.evaluation_schemas import EvaluationReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Plot = Literal["precision", "curves", "classes", "calibration"]
Routes = Mapping[str, Mapping[str, Any]]

SEEN, UNSEEN, CHANCE, FAINT = "#2f6f9f", "#d9831f", "#444444", "#dddddd"
MOST_CLASSES = 40
"""Rows of a picture that can still be read."""


def svg(evaluation: EvaluationReport, plot: Plot, *, beside: EvaluationReport | None = None) -> bytes:
    """One of the pictures of an evaluation, or of two; raises DependencyMissing where there is no Matplotlib."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise DependencyMissing("pictures need Matplotlib: pip install 'sightsound[plots]'") from error
    shown = [evaluation] if beside is None else [evaluation, beside]
    figure = Figure(layout="constrained")
    DRAWN[plot](figure, _routes(shown))
    figure.suptitle("\n".join(map(_title, shown)), x=0.01, ha="left", fontsize=9)
    content = BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "sightsound", "svg.fonttype": "none"}):  # the same picture every time
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue()


def _routes(shown: list[EvaluationReport]) -> Routes:
    """By name; of several, route by route, each with the number of its evaluation."""
    if len(shown) == 1:
        return dict(shown[0].report["retrieval"])
    names = dict.fromkeys(name for each in shown for name in each.report["retrieval"])
    found = ((name, each) for name in names for each in shown if name in each.report["retrieval"])
    return {f"{name} ({each.id})": each.report["retrieval"][name] for name, each in found}


def _title(evaluation: EvaluationReport) -> str:
    told = evaluation.report
    where = f"{evaluation.id}: {evaluation.gallery}, generation {evaluation.generation} by {told['bundle']}"
    return f"{where}: {told['clips']} clips of {told['classes']} classes, {evaluation.protocol}"


def _precision(figure: "Figure", routes: Routes) -> None:
    """By route: seen and unseen classes, chance, and the interval of the mean over queries."""
    axes = _panel(figure, 7, 1.2 + 0.6 * len(routes))
    for row, found in enumerate(routes.values()):
        for name, colour, place in (("seen", SEEN, row - 0.17), ("unseen", UNSEEN, row + 0.17)):
            axes.barh(
                place, _number(found["by_class"][name]), height=0.3, color=colour, label=name if not row else None
            )
            chance = _number(found["chance"][name])
            axes.plot([chance, chance], [place - 0.15, place + 0.15], color=CHANCE, lw=1.2)
        if found["interval"] is not None:
            axes.plot(found["interval"], [row, row], color="black", lw=1)
            axes.plot([found["by_sample"]], [row], "o", color="black", ms=3)
    axes.set_yticks(range(len(routes)), list(routes))
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("mean average precision by class (bars; chance: lines), over queries with its 95 % interval (dots)")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)


def _curves(figure: "Figure", routes: Routes) -> None:
    """By route: precision at each level of recall."""
    axes = _panel(figure, 6, 4)
    for name, found in routes.items():
        if (curve := found.get("curve")) is not None:
            axes.plot([level / 10 for level in range(11)], curve, marker="o", ms=3, lw=1.4, label=name)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.03)
    axes.set_xlabel("recall")
    axes.set_ylabel("interpolated precision")
    axes.grid(color=FAINT)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)


def _classes(figure: "Figure", routes: Routes) -> None:
    """By class and route: average precision, the hardest classes first."""
    names = sorted({name for found in routes.values() for name in found.get("classes", ())})
    rows = [[_number(found.get("classes", {}).get(name)) for found in routes.values()] for name in names]
    hardest = sorted(range(len(names)), key=lambda row: _mean(rows[row]))[:MOST_CLASSES]
    axes = _panel(figure, 3 + 0.9 * len(routes), 1.5 + 0.26 * len(hardest))
    axes.imshow([rows[row] for row in hardest], vmin=0, vmax=1, cmap="viridis", aspect="auto")
    for place, row in enumerate(hardest):
        for column, figure_ in enumerate(rows[row]):
            if math.isfinite(figure_):
                colour = "white" if figure_ < 0.6 else "black"
                axes.text(column, place, f"{figure_:.2f}", ha="center", va="center", fontsize=7, color=colour)
    axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.set_xticks(range(len(routes)), list(routes), rotation=25, ha="left")
    axes.set_yticks(range(len(hardest)), [names[row] for row in hardest], fontsize=8)
    axes.set_xlabel(f"average precision, the {len(hardest)} hardest of {len(names)} classes")


def _calibration(figure: "Figure", routes: Routes) -> None:
    """By route: the share of relevant pairs beside the probability that was predicted, larger dots for more pairs."""
    axes = _panel(figure, 7.5, 4.5)
    axes.plot([0, 1], [0, 1], color=CHANCE, lw=0.8)
    for name, found in routes.items():
        if bins := (found.get("probability") or {}).get("reliability"):
            predicted, observed = ([each[side] for each in bins] for side in ("predicted", "observed"))
            (line,) = axes.plot(predicted, observed, lw=1.2, label=_calibrated(name, found["probability"]["sigmoid"]))
            sizes = [6 + 8 * math.log10(each["count"]) for each in bins]
            axes.scatter(predicted, observed, s=sizes, color=line.get_color())
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.03)
    axes.set_xlabel("predicted probability")
    axes.set_ylabel("share that is relevant, of classes it was not fitted on")
    axes.grid(color=FAINT)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, title="error of all pairs, of ten best")


def _calibrated(route: str, sigmoid: Mapping[str, Any]) -> str:
    return f"{route} {sigmoid['error']:.3f}, {sigmoid['hits_error']:.3f}"


def _panel(figure: "Figure", width: float, height: float) -> "Axes":
    figure.set_size_inches(width, height)
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _number(figure: float | None) -> float:
    return math.nan if figure is None else figure


def _mean(figures: list[float]) -> float:
    known = [each for each in figures if math.isfinite(each)]
    return sum(known) / len(known) if known else 1.0


DRAWN: Mapping[Plot, Callable[["Figure", Routes], None]] = {
    "precision": _precision,
    "curves": _curves,
    "classes": _classes,
    "calibration": _calibration,
}
