"""The tables: means and deviations, printed numbers, differences, and what is missing."""

import pytest

from training.comparison import tables
from training.comparison.published import CLASSIFICATION, MAP, RETRIEVAL, Figures
from training.comparison.row import Classified, Retrieved, Row
from training.recipe import names


def a_row(method: str, seed: int, hm: float | None, *, precision: float = 40.0) -> Row:
    figures = None if hm is None else Classified(S=50.0, U=20.0, HM=hm, ZSL=22.0, beta=0.4)
    nothing = dict.fromkeys(Classified.model_fields)
    retrieved = Retrieved(
        S=precision, U=10, HM=16, by_sample=precision + 2, by_class=precision - 3, chance_S=4, chance_U=2
    )
    return Row(
        dataset="demo",
        method=method,
        seed=seed,
        protocol="sightsound@1",
        channel=None if hm is None else "av",
        **(nothing if figures is None else figures.model_dump()),
        samples_per_s=100,
        epoch=3,
        parameters=10,
        classification={} if figures is None else {"av": figures},
        retrieval={"audio->video": retrieved, "audio->audio": retrieved},
        by_class={"accuracy": {"dog": 50.0 + seed, "cat": None}},
        choices={},
    )


def cells(table: str, row: int) -> list[str]:
    return [cell.strip() for cell in table.splitlines()[row].strip("|").split("|")]


def test_several_seeds_are_shown_as_mean_and_sample_deviation_beside_what_was_printed() -> None:
    rows = [a_row("cjme", 0, 30.0), a_row("cjme", 1, 34.0)]
    found = tables.classification(rows, {"cjme": Figures(S=41.07, U=29.58, HM=34.39)})
    assert cells(found, 2) == [
        "cjme",
        "av",
        "50.00 ± 0.00",
        "20.00 ± 0.00",
        "32.00 ± 2.83",
        "22.00 ± 0.00",
        "41.07 / 29.58 / 34.39 / n/a",
        "-2.39",
        "n/a",
    ]


def test_a_method_that_does_not_classify_is_in_the_retrieval_table_alone() -> None:
    rows = [a_row("dstc", 0, None), a_row("cjme", 0, 30.0)]
    assert [cells(tables.classification(rows, {}), row)[0] for row in (0, 1, 2)] == ["method", "---", "cjme"]
    assert tables.classification(rows[:1], {}) == ""
    found = tables.retrieval(rows, {"dstc": {"audio->video": MAP(by_sample=57.81)}})
    assert len(found.splitlines()) == 4  # from a sense to itself is not shown
    assert cells(found, 2)[-2:] == ["all queries 57.81", "-15.81"]
    assert cells(found, 3)[-2:] == ["n/a", "n/a"]


def test_a_printed_harmonic_mean_is_compared_with_ours() -> None:
    found = tables.retrieval([a_row("cjme", 0, 30.0)], {"cjme": {"audio->video": MAP(S=26.87, U=4.31, HM=7.43)}})
    assert cells(found, 2)[-1] == "HM +8.57"


def test_values_by_class_are_averaged_over_seeds_and_missing_classes_are_nan() -> None:
    found = tables.values_by_class([a_row("cjme", 0, 30.0), a_row("cjme", 4, 30.0)])["accuracy"]["cjme"]
    assert found == pytest.approx([52.0, float("nan")], nan_ok=True)


def test_every_printed_row_is_of_a_recipe_and_its_harmonic_mean_is_one() -> None:
    recipes = set(names())
    for dataset, rows in CLASSIFICATION.items():
        for name, each in rows.items():
            assert name in recipes, (dataset, name)
            # The CJME paper's own roundings are off by more than the others'.
            assert pytest.approx(2 * each.S * each.U / (each.S + each.U), abs=0.06) == each.HM, (dataset, name)
    assert {name for rows in RETRIEVAL.values() for name in rows} <= recipes
