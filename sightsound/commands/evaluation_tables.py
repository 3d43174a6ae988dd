"""How the command line shows what an evaluation found."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from sightsound.commands.tables import add, measures
from sightsound.job_answers import EvaluationReport


def of_report(found: EvaluationReport) -> RenderableType:
    """Retrieval by route, classification by channel, and, where two generations were compared, the difference."""
    title = f"{found.gallery}, generation {found.generation}, evaluation {found.id}: mean average precision"
    parts = [_retrieval(title, found.report["retrieval"])]
    if classification := found.report.get("classification"):
        parts.append(_classification(classification))
    if comparison := found.report.get("comparison"):
        parts.append(_comparison(comparison))
    return Group(*(each for part in parts for each in (part, "")))


def _retrieval(title: str, routes: Mapping[str, Any]) -> Table:
    table = measures("route", "seen", "unseen", "harmonic", "chance", "by sample", "95 %", title=title)
    for route, figures in routes.items():
        by_class = figures["by_class"]
        named = [by_class.get("seen"), by_class.get("unseen"), by_class.get("harmonic")]
        chance = figures["chance"].get("seen")
        span = figures.get("interval")
        low_high = "" if span is None else f"{span[0]:.1%} - {span[1]:.1%}"
        add(table, route, *map(_share, (*named, chance, figures["by_sample"])), low_high)
    return table


def _classification(channels: Mapping[str, Any]) -> Table:
    table = measures("channel", "seen", "unseen", "harmonic", "zero-shot", title="Classification: mean class accuracy")
    for channel, figures in channels.items():
        add(table, channel, *(_share(figures.get(each)) for each in ("seen", "unseen", "harmonic", "zsl")))
    return table


def _comparison(found: Mapping[str, Any]) -> Table:
    title = f"Beside generation {found['generation']}: above 0 is better than it"
    table = measures("route", "difference", "95 %", "p", title=title)
    for route, figures in found["retrieval"].items():
        span, p = figures.get("interval"), figures.get("p")
        low_high = "" if span is None else f"{span[0]:+.1%} - {span[1]:+.1%}"
        difference = figures.get("difference")
        add(table, route, "" if difference is None else f"{difference:+.1%}", low_high, "" if p is None else f"{p:.3f}")
    return table


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
