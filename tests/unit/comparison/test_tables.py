"""The tables: means and deviations, printed numbers, differences, and what is missing."""

import pytest

from training.comparison import tables
from training.comparison.ablations import ABLATIONS
from training.comparison.published import CLASSIFICATION, MAP, RETRIEVAL, Figures
from training.comparison.row import Classified, Retrieved, Row
from training.recipe import named, names


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
        recipe=named(method),
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
    assert [cells(tables.classification(rows, {}), row)[0] for row in (0, 1, 2)] == ["method", "------", "cjme"]
    assert tables.classification(rows[:1], {}) == ""
    found = tables.retrieval(rows, {"dstc": {"audio->video": MAP(by_sample=57.81)}})
    assert len(found.splitlines()) == 4  # from a sense to itself is not shown
    assert cells(found, 2)[-2:] == ["all queries 57.81", "-15.81"]
    assert cells(found, 3)[-2:] == ["n/a", "n/a"]


def test_a_printed_harmonic_mean_is_compared_with_ours() -> None:
    found = tables.retrieval([a_row("cjme", 0, 30.0)], {"cjme": {"audio->video": MAP(S=26.87, U=4.31, HM=7.43)}})
    assert cells(found, 2)[-1] == "HM +8.57"


def test_all_that_is_printed_of_a_route_is_shown_and_ours_compared_with_the_first_of_it() -> None:
    printed = {"dstc": {"audio->video": MAP(by_sample=57.81, by_class=41.21)}, "cjme": {"audio->video": MAP(S=26.63)}}
    found = tables.retrieval([a_row("dstc", 0, None), a_row("cjme", 0, 30.0)], printed)
    assert cells(found, 2)[-2:] == ["all queries 57.81, all classes 41.21", "-15.81"]
    assert cells(found, 3)[-2:] == ["S 26.63", "S +13.37"]


def test_values_by_class_are_averaged_over_seeds_and_missing_classes_are_nan() -> None:
    found = tables.values_by_class([a_row("cjme", 0, 30.0), a_row("cjme", 4, 30.0)])["accuracy"]["cjme"]
    assert found == pytest.approx([52.0, float("nan")], nan_ok=True)


def test_every_printed_row_is_of_a_recipe_and_its_harmonic_mean_is_one() -> None:
    recipes = set(names())
    for dataset, rows in CLASSIFICATION.items():
        for name, each in rows.items():
            assert name in recipes, (dataset, name)
            assert each.S is not None, (dataset, name)
            assert each.U is not None, (dataset, name)
            # CJME prints SAE with 23.2, where S and U of one decimal give 23.27; the others are nearer.
            assert pytest.approx(2 * each.S * each.U / (each.S + each.U), abs=0.08) == each.HM, (dataset, name)
    assert {name for rows in RETRIEVAL.values() for name in rows} <= recipes


def test_every_ablation_is_a_recipe_that_is_valid_where_figures_of_it_are_printed() -> None:
    for method, ablations in ABLATIONS.items():
        for name, each in ablations.items():
            for dataset in each.printed.keys() | each.printed_map.keys():
                whole = named(method, on=dataset)
                assert each.of(whole) != whole or name == "all", (method, name, dataset)
            for dataset, figures in each.printed.items():
                if figures.S is not None and figures.U is not None:
                    expected = 2 * figures.S * figures.U / (figures.S + figures.U)
                    assert pytest.approx(expected, abs=0.06) == figures.HM, (method, name, dataset)


def test_what_is_printed_of_both_directions_is_about_the_mean_of_either() -> None:
    # DSTC Table 1, its last columns: the mean of both directions, over all queries and averaged by class.
    printed = {
        "PT": (33.23, 25.43),
        "DSTC": (50.66, 36.49),
        "CE + PT": (49.99, 41.10),
        "CE + DSTC": (51.81, 36.57),
        "CE + PT + DSTC": (54.71, 43.02),
        "CE + PT + cPT": (48.16, 39.80),
        "CE + DSTC + cDSTC": (52.09, 36.96),
        "CE + PT + DSTC + cPT": (54.59, 42.95),
        "CE + PT + DSTC + cDSTC": (55.51, 43.61),
        "CE + PT + DSTC + cPT + cDSTC": (55.82, 43.68),
    }
    for losses, means in printed.items():
        routes = ABLATIONS["dstc"][f"{losses}, euclidean, cosine"].printed_map["audiosetzsl-seen"].values()
        ours = [[each.by_sample for each in routes], [each.by_class for each in routes]]
        for found, expected in zip(ours, means, strict=True):
            assert sum(each or 0.0 for each in found) / 2 == pytest.approx(expected, abs=0.011), losses


def test_columns_of_a_table_are_as_wide_as_their_widest_cell() -> None:
    found = tables.table(["method", "S"], [["a", 1.5], ["avgzslnet", "n/a"]])
    assert found.splitlines() == [
        "| method    | S   |",
        "| --------- | --- |",
        "| a         | 1.5 |",
        "| avgzslnet | n/a |",
    ]
