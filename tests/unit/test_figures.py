"""The figures of the demo: what they measure, which bounds they keep, how they are shown."""

import math
from collections.abc import Mapping
from io import StringIO
from typing import Literal

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from models.evaluation.evaluating import Evaluation, Precision
from models.evaluation.gzsl import Accuracies
from models.evaluation.metrics import SeenUnseen
from sightsound import figures
from sightsound.figures import Figure, comparison, of_cost, of_evaluation

NAN = float("nan")
CHANCE = SeenUnseen(seen=0.05, unseen=0.04)
GOOD = SeenUnseen(seen=0.6, unseen=0.2)
GIB = 2**30


def evaluation(*, seen: float = 0.8, unseen: float = 0.5, found: SeenUnseen = GOOD, odd_route: str = "") -> Evaluation:
    """An evaluation with these accuracies, and this precision by each route but an odd one, which is at chance."""
    accuracies = Accuracies(stacked=SeenUnseen(seen, unseen), zsl=0.61, by_class=np.empty(0))
    return Evaluation(
        clips=9,
        classification={"audio": accuracies, "video": accuracies, "av": accuracies},
        retrieval={
            route: Precision(CHANCE if route == odd_route else found, CHANCE, 0.5, np.empty(0))
            for route in figures.ROUTES
        },
    )


def figure(value: float, *, better: Literal["higher", "lower"], bound: float = 0.4) -> Figure:
    return Figure(name="a figure", value=value, bound=bound, better=better, shown="", needed="")


def held(found: Evaluation) -> Mapping[str, bool]:
    return {each.name: each.holds for each in of_evaluation(found)}


def printed(table: Table) -> str:
    console = Console(file=StringIO(), width=200)
    console.print(table)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("better", "value", "holds"),
    [
        ("higher", 0.41, True),
        ("higher", 0.4, True),
        ("higher", 0.39, False),
        ("higher", NAN, False),
        ("lower", 0.39, True),
        ("lower", 0.4, True),
        ("lower", 0.41, False),
        ("lower", NAN, False),
    ],
)
def test_a_figure_holds_up_to_its_bound_and_nan_never_does(
    better: Literal["higher", "lower"], value: float, holds: bool
) -> None:
    assert figure(value, better=better).holds is holds


@pytest.mark.parametrize("value", [0.25, NAN, math.inf])
def test_a_figure_is_read_as_it_was_written(value: float) -> None:
    read = Figure.model_validate_json(figure(value, better="higher").model_dump_json())
    assert read.value == pytest.approx(value, nan_ok=True)


def test_a_good_evaluation_keeps_every_bound_and_each_has_its_own_name() -> None:
    found = held(evaluation())
    assert len(found) == 2 + 2 * len(figures.ROUTES)
    assert all(found.values())


def test_unseen_accuracy_and_the_harmonic_mean_have_bounds_of_their_own() -> None:
    weak_unseen = held(evaluation(seen=1.0, unseen=0.39))
    weak_seen = held(evaluation(seen=0.3, unseen=0.5))
    assert [name for name, holds in weak_unseen.items() if not holds] == ["zero-shot U"]
    assert [name for name, holds in weak_seen.items() if not holds] == ["zero-shot HM"]


@pytest.mark.parametrize("route", figures.ROUTES)
def test_a_route_at_chance_misses_on_both_sides_and_no_other_does(route: str) -> None:
    found = held(evaluation(odd_route=route))
    assert [name for name, holds in found.items() if not holds] == [f"mAP {route}, seen", f"mAP {route}, unseen"]


def test_precision_is_held_against_ten_times_chance_for_seen_and_three_times_for_unseen_classes() -> None:
    just = {each.name: each for each in of_evaluation(evaluation(found=SeenUnseen(0.51, 0.13)))}
    short = {each.name: each for each in of_evaluation(evaluation(found=SeenUnseen(0.49, 0.11)))}
    for side, times in (("seen", 10), ("unseen", 3)):
        name = f"mAP text->audio, {side}"
        assert just[name].bound == times
        assert (just[name].holds, short[name].holds) == (True, False)


def test_figures_of_a_side_without_clips_miss() -> None:
    found = held(evaluation(unseen=NAN, found=SeenUnseen(0.6, NAN)))
    assert not any(holds for name, holds in found.items() if "unseen" in name or "zero-shot" in name)


def test_the_first_run_may_take_six_minutes_and_three_gib() -> None:
    assert [each.holds for each in of_cost(seconds=360, peak_bytes=3 * GIB)] == [True, True]
    assert [each.holds for each in of_cost(seconds=361, peak_bytes=3 * GIB + GIB // 50)] == [False, False]


def test_the_table_says_of_each_figure_whether_it_holds() -> None:
    rows = printed(figures.table("Figures", [*of_cost(seconds=12, peak_bytes=4 * GIB)])).splitlines()
    kept = next(row for row in rows if "time of the first run" in row)
    missed = next(row for row in rows if "peak memory" in row)
    assert "12 s" in kept
    assert "360 s or less" in kept
    assert "holds" in kept
    assert "4.00 GiB" in missed
    assert "misses" in missed


def test_the_comparison_has_a_row_for_each_bundle_channel_and_route() -> None:
    shown = printed(comparison({"demo-one": evaluation(seen=0.8, unseen=0.4), "demo-two": evaluation()}))
    rows = [row for row in shown.splitlines() if "demo-" in row]
    assert len(rows) == 2 * (3 + len(figures.ROUTES))
    classified = next(row for row in rows if "demo-one" in row and "classify by av" in row)
    assert [word for word in classified.split() if "." in word] == ["80.0", "40.0", "53.3", "61.0"]
    retrieved = next(row for row in rows if "demo-two" in row and "mAP audio->video" in row)
    assert [word for word in retrieved.split() if "." in word] == ["60.0", "20.0", "30.0"]
