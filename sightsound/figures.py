"""What the demo must show: the figures, their bounds, and the table of both."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict
from rich.table import Table

from models.evaluation.evaluating import Evaluation
from models.evaluation.metrics import SeenUnseen

SEEN_TIMES_CHANCE, UNSEEN_TIMES_CHANCE = 10.0, 3.0
ROUTES = ("text->audio", "text->video", "audio->video", "video->audio")


class Figure(BaseModel):
    """A measured value and the bound it must keep; `shown` and `needed` say both as people read them."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    name: str
    value: float
    bound: float
    better: Literal["higher", "lower"]
    shown: str
    needed: str

    @property
    def holds(self) -> bool:
        """Whether the value keeps its bound; a NaN never does."""
        return self.value >= self.bound if self.better == "higher" else self.value <= self.bound


def of_evaluation(evaluation: Evaluation) -> Iterator[Figure]:
    """Zero-shot accuracies with both modalities, and each route's precision as a multiple of chance."""
    stacked = evaluation.classification["av"].stacked
    for name, accuracy, bound in (("U", stacked.unseen, 0.40), ("HM", stacked.harmonic, 0.45)):
        yield Figure(
            name=f"zero-shot {name}",
            value=accuracy,
            bound=bound,
            better="higher",
            shown=f"{accuracy:.1%}",
            needed=f"{bound:.0%} or more",
        )
    for route in ROUTES:
        precision = evaluation.retrieval[route]
        for side, times in (("seen", SEEN_TIMES_CHANCE), ("unseen", UNSEEN_TIMES_CHANCE)):
            found, chance = getattr(precision.found, side), getattr(precision.chance, side)
            yield Figure(
                name=f"mAP {route}, {side}",
                value=found / chance,
                bound=times,
                better="higher",
                shown=f"{found:.1%}, {found / chance:.1f} x chance",
                needed=f"{times:.0f} x or more",
            )


def of_cost(*, seconds: float, peak_bytes: int) -> Iterator[Figure]:
    """The time of the whole first run and the memory of all its processes at their largest."""
    yield Figure(
        name="time of the first run",
        value=seconds,
        bound=360,
        better="lower",
        shown=f"{seconds:.0f} s",
        needed="360 s or less",
    )
    gib = peak_bytes / 2**30
    yield Figure(name="peak memory", value=gib, bound=3, better="lower", shown=f"{gib:.2f} GiB", needed="3 GiB or less")


def table(title: str, figures: list[Figure]) -> Table:
    """The figures for people, each with whether it holds."""
    shown = Table(title=title, title_justify="left", title_style="bold")
    shown.add_column("figure")
    shown.add_column("measured")
    shown.add_column("needed")
    shown.add_column("")
    for figure in figures:
        shown.add_row(figure.name, figure.shown, figure.needed, "[green]holds" if figure.holds else "[red]misses")
    return shown


def comparison(evaluations: Mapping[str, Evaluation]) -> Table:
    """All bundles side by side: S, U, HM and ZSL by channel, mAP by route, in percent."""
    shown = Table(title="All bundles on held-out clips, %", title_justify="left", title_style="bold")
    for column in ("bundle", "task", "S", "U", "HM", "ZSL"):
        shown.add_column(column, justify="left" if column in ("bundle", "task") else "right")
    for bundle, evaluation in evaluations.items():
        for channel, each in evaluation.classification.items():
            shown.add_row(bundle, f"classify by {channel}", *_percent(each.stacked), f"{100 * each.zsl:.1f}")
        for route, precision in evaluation.retrieval.items():
            shown.add_row(bundle, f"mAP {route}", *_percent(precision.found))
        shown.add_section()
    return shown


def _percent(each: SeenUnseen) -> tuple[str, str, str]:
    seen, unseen, harmonic = (f"{100 * value:.1f}" for value in (each.seen, each.unseen, each.harmonic))
    return seen, unseen, harmonic
