"""docs/scale.md is what the constants say, the formulas are right where they can be checked, and measuring works."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.scale import DOCUMENT, KEPT, PICTURE
from benchmarks.scale_clips import served
from benchmarks.scale_constants import Constants, read
from benchmarks.scale_costs import DIM, GIB, Prices, costs, kind_for, reindex_s
from benchmarks.scale_growth import fitted, held_out, reached
from benchmarks.scale_limits import CHOSEN_UP_TO, limits, today
from benchmarks.scale_measuring import Pieces
from benchmarks.scale_tables import SECTIONS, count, duration, number, plan_lines, size
from benchmarks.scale_vectors import drawn, table_at
from index.vectors.kinds import IndexOptions

ROOT = DOCUMENT.parents[1]


@pytest.fixture(scope="module")
def constants() -> Constants:
    """Those that the document is made of."""
    return read()


def ran(*arguments: str) -> str:
    """What the command prints."""
    command = [sys.executable, "-m", "benchmarks.scale", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300, check=True).stdout


def test_the_document_and_its_picture_are_what_the_command_makes_of_the_constants(tmp_path: Path) -> None:
    again, picture = tmp_path / "scale.md", tmp_path / "scale.svg"
    again.write_text(re.sub(r"^\| .*\n", "", DOCUMENT.read_text(), flags=re.MULTILINE))
    ran("document", "--write", str(again), "--picture", str(picture))
    assert again.read_text() == DOCUMENT.read_text(), "run python -m benchmarks.scale document"
    assert picture.read_bytes() == PICTURE.read_bytes(), "run python -m benchmarks.scale document"
    assert "(images/scale.svg)" in DOCUMENT.read_text()


def test_other_constants_make_other_tables(constants: Constants) -> None:
    slower = constants.clip.model_copy(update={"core_s": 2 * constants.clip.core_s})
    others = constants.model_copy(update={"clip": slower})
    for name in ("needs", "money", "limits", "ingest", "constants"):
        assert list(SECTIONS[name](others)) != list(SECTIONS[name](constants)), name


def test_the_document_has_a_place_for_every_table_and_no_other() -> None:
    found = re.findall(r"<!-- written by benchmarks\.scale, (\w+): begin -->", DOCUMENT.read_text())
    assert found == list(SECTIONS)


def test_a_growth_is_found_again_and_neither_term_is_negative() -> None:
    sizes = (10_000, 100_000, 1_000_000)
    growth = fitted([(n, 3.0 + 2e-6 * n) for n in sizes], ("1", "n"))
    assert (growth.first, growth.second) == pytest.approx((3.0, 2e-6))
    falling = fitted([(n, 10 - 1e-6 * n) for n in sizes], ("1", "n"))
    assert min(falling.first, falling.second) >= 0
    assert fitted([(10_000, 5.0)], ("1", "n")).at(10_000) == pytest.approx(5.0)


def test_what_is_held_out_is_not_shown_to_the_fit() -> None:
    points = [(10_000, 1.0), (100_000, 10.0), (1_000_000, 1000.0)]
    found = held_out(points, ("1", "n"))
    assert found is not None
    assert found.windows == 1_000_000
    assert found.ratio == pytest.approx(0.1)
    assert held_out(points[:2], ("1", "n")) is None


def test_where_a_figure_is_reached_is_found() -> None:
    assert reached(lambda n: 2 * n, 2e6) == pytest.approx(1e6, rel=0.01)
    assert reached(lambda n: 0.0, 1.0) >= 1e12


def test_costs_grow_with_the_windows_and_the_index_is_the_one_that_a_gallery_chooses(constants: Constants) -> None:
    found = [costs(constants, 10**power) for power in range(4, 10)]
    for name in ("memory_bytes", "disk_bytes", "ingest_core_h", "commits_h", "reindex_h"):
        values = [getattr(each, name) for each in found]
        assert values == sorted(values)
    assert [each.kind for each in found] == ["flat"] + 5 * ["ivfpq"]
    assert kind_for(CHOSEN_UP_TO) == "flat"
    assert kind_for(CHOSEN_UP_TO + 1) == "ivfpq"
    assert IndexOptions().exact_up_to == CHOSEN_UP_TO * DIM


def test_what_lies_beyond_the_largest_table_is_marked(constants: Constants) -> None:
    most = max(each.windows for each in constants.of_kind("ivfpq"))
    assert not costs(constants, most).is_extrapolated
    assert costs(constants, 10 * most).is_extrapolated
    rows = [line for line in SECTIONS["needs"](constants) if line.startswith("| 1")]
    assert [int(row.split(" ")[1].replace(",", "")) > most for row in rows] == [" * |" in row for row in rows]


def test_vectors_take_no_less_than_their_numbers_and_features_no_less_than_theirs(constants: Constants) -> None:
    found = costs(constants, 1_000_000)
    assert found.table_bytes > 1_000_000 * 4 * DIM
    assert found.features_bytes > 1_000_000 * 2 * sum(constants.rows.widths)
    assert reindex_s(constants, 1e6, "ivfpq") > 1e6 / constants.head.windows_a_second


def test_money_is_hours_and_bytes_at_the_prices_that_are_given(constants: Constants) -> None:
    found = replace(costs(constants, 10_000), ingest_core_h=10.0)
    assert found.once(Prices(core_hour=0.5)) == 5.0
    free = Prices(core_hour=0.0, memory_gib_hour=0.0, disk_gib_month=2.0)
    assert found.monthly(free) == pytest.approx(2 * found.disk_bytes / GIB)


def test_limits_come_in_the_order_in_which_parts_break(constants: Constants) -> None:
    found = [each.windows for each in limits(constants)]
    assert found == sorted(found)
    assert len({each.part for each in limits(constants)}) == len(found)


def test_what_it_takes_today_names_what_the_limits_name(constants: Constants) -> None:
    small, large = costs(constants, 10_000), costs(constants, 10**9)
    assert today(small) == "SQLite"
    assert today(replace(small, media_bytes=2.0**41)) == "SQLite, media in S3"
    assert today(replace(small, features_bytes=2.0**41, building_bytes=2.0**37)) == "PostgreSQL, Milvus"
    assert today(large).startswith("several galleries; PostgreSQL")


def test_figures_are_said_in_units_of_people() -> None:
    assert [duration(each) for each in (0.00012, 0.9, 5, 600, 9000, 3e5, 1e8)] == [
        "0.12 ms", "900 ms", "5 s", "10 min", "2.5 h", "3.5 days", "3.2 years",
    ]  # fmt: skip
    assert [size(each) for each in (2.0**20, 5 * 2.0**30, 2.0**50)] == ["1 MiB", "5 GiB", "1 PiB"]
    assert [number(each) for each in (0.123, 99.6, 12_345)] == ["0.12", "100", "12,000"]
    assert [count(each) for each in (78_125, 8.3e6, 2.1e9)] == ["78 thousand", "8.3 million", "2.1 billion"]


def test_a_plan_says_everything_that_so_many_windows_need(constants: Constants) -> None:
    lines = "\n".join(plan_lines(costs(constants, 30_000_000, clip_bytes=5 * 2**20), Prices()))
    assert "30,000,000 windows, index ivfpq" in lines
    assert "140 TiB" in lines
    assert [word for word in ("search", "memory", "reindexing", "ingest", "money") if word not in lines] == []


def test_the_figures_over_http_are_read_from_the_document_that_has_them(tmp_path: Path) -> None:
    found = served()
    assert found.windows == 31_000
    assert 0 < found.inside_p50_s < found.one_p50_s < found.one_p99_s < 1
    assert found.one_p50_s < found.p99_s
    other = tmp_path / "performance.md"
    other.write_text("nothing of it")
    with pytest.raises(ValueError, match="no table of the service"):
        served(other)


def test_a_piece_that_would_not_end_in_time_is_left_out_and_named() -> None:
    said: list[str] = []
    pieces = Pieces(minutes=0.001, say=said.append)
    assert pieces.measured("table", 10, lambda: sum(range(3_000_000))) is not None
    assert pieces.measured("table", 10_000_000, lambda: 1) is None
    assert pieces.skipped == ["table, 10,000,000 windows"]
    assert "left out" in said[-1]


def test_a_table_is_measured_and_everything_of_it_is_there(tmp_path: Path) -> None:
    drawn(tmp_path, 2000)
    found = table_at(tmp_path, "ivfpq", 2000)
    assert found.recall > 0.9
    assert found.disk_bytes > 2000 * 4 * DIM
    assert min(found.built_s, found.opened_s, found.one.at(0.5), found.of_sixteen_s, found.held_bytes) > 0
    assert not (tmp_path / "ivfpq").exists()


def test_the_command_prints_a_plan_at_the_prices_that_are_given() -> None:
    dear, free = (ran("plan", "50000", "--core-hour", each, "--memory", "0", "--disk", "0") for each in ("1", "0"))
    assert "50,000 windows, index flat" in dear
    assert "$0 once, $0 a month" in free
    assert "$0 once" not in dear


def test_the_constants_say_where_they_were_measured(constants: Constants) -> None:
    assert "cores" in constants.machine
    assert constants.note
    assert json.loads(KEPT.read_text())["machine"] == constants.machine
