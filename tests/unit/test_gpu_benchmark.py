"""`python -m benchmarks.gpu` on the CPU and tiny sizes: that all runs and holds, and what it says where it does not."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
import torch

from benchmarks.gpu import __main__ as command
from benchmarks.gpu import marked, parity, ranking, searching, training
from benchmarks.gpu.lacking import PACKAGES, fetch, lacking
from benchmarks.gpu.part import PARTS, ROOFS, ROWS, main
from benchmarks.gpu.table import HEAD, markdown
from benchmarks.gpu.task import SMALL, WHOLE, Context, Roofs, Row, Task, duration

ROOT = Path(__file__).parents[2]
HANGS_S = 3_600
"""Far beyond what any machine takes."""
SHARE = r"[0-9.]+(e-[0-9]+)?%"
HERE = Context("cpu", SMALL, Roofs(1e9, {"float32": 1e9, "bfloat16": 1e9, "float64": 1e9}))


def cells(table: str) -> list[list[str]]:
    """The rows of the table, without its head."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    assert lines[0] == "| " + " | ".join(HEAD) + " |"
    return [[each.strip() for each in line.split("|")[1:-1]] for line in lines[2:]]


def test_the_whole_command_on_the_cpu_writes_a_table_in_which_everything_holds(tmp_path: Path) -> None:
    table = tmp_path / "figures.md"
    options = ["--small", "--device", "cpu", "--write", str(table)]
    ran = subprocess.run([sys.executable, "-m", "benchmarks.gpu", *options], cwd=ROOT, timeout=HANGS_S, check=False)
    assert ran.returncode == 0
    written = table.read_text()
    assert written.startswith("Measured on: no GPU, torch on the CPU; ")
    found = cells(written)
    assert {row[0] for row in found} == {"device", "parity", "training", "average precision", "search", "tests"}
    assert "**no**" not in written
    assert any(row[1:3] == ["FAISS", "left out: the device is a CPU"] for row in found)
    assert sum(row[-1] == "yes" for row in found) > 8
    shares = [row[-3:-1] for row in found if row[0] in ("training", "average precision")]
    assert sum(all(re.fullmatch(SHARE, each) for each in pair) for pair in shares) == 3


@pytest.mark.parametrize(
    ("took_s", "bandwidth", "products"),
    [(0.5, "20.0%", "50.0%"), (100, "0.1%", "0.2%"), (2_000, "0.005%", "0.01%"), (5e8, "2e-08%", "5e-08%")],
)
def test_shares_are_percentages_of_what_was_measured_however_slow_the_machine_is(
    took_s: float, bandwidth: str, products: str
) -> None:
    row = HERE.row("search", "w", "f", took_s=took_s, moved_bytes=1e8, operations=2.5e8, kind="float32")
    assert row.bandwidth == pytest.approx(0.1 / took_s)
    assert row.products == pytest.approx(0.25 / took_s)
    assert cells(markdown([row], "m")) == [["search", "w", "f", bandwidth, products, ""]]
    assert re.fullmatch(SHARE, bandwidth)
    assert re.fullmatch(SHARE, products)


@pytest.mark.parametrize("tried", [ranking.rows, searching.torch_rows], ids=["ranking", "searching"])
def test_figures_have_positive_shares_and_what_is_compared_holds(tried: Callable[[Context], Iterator[Row]]) -> None:
    found = list(tried(HERE))
    shares = [each for row in found for each in (row.bandwidth, row.products) if each is not None]
    assert shares
    assert min(shares) > 0
    assert [row.holds for row in found if row.holds is not None] == [True]


def test_a_part_says_which_package_is_missing_and_goes_on() -> None:
    wanting, able = Task("a", ("no_such_module", "json"), lambda _: iter([])), Task("b", ("json",), _one)
    rows = [row for each in (wanting, able) for row in each.rows("part", HERE)]
    assert [row.figure for row in rows] == ["left out: no_such_module not installed", "done"]


def _one(_: Context) -> Iterator[Row]:
    yield Row("part", "b", "done")


def test_what_a_bare_machine_is_given_was_tested_together_and_is_small() -> None:
    pinned = {line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    given = {name for names in PACKAGES.values() for name in names}
    assert {name for name in given if name.replace("-", "_") not in pinned and name not in pinned} == set()
    assert given & {"torch", "numpy", "onnxruntime", "faiss-cpu"} == set()
    needed = {
        name for part in (parity, training, ranking, searching, marked) for task in part.TASKS for name in task.needs
    }
    assert needed - {"onnxruntime", "faiss"} == PACKAGES.keys()
    assert lacking() == []  # here


def wheel(folder: Path, name: str) -> None:
    """A package of one empty module."""
    about = f"{name}-1.0.dist-info"
    with ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as made:
        made.writestr(f"{name}.py", "")
        made.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        made.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{about}/RECORD", "")


def test_packages_are_fetched_from_where_pip_looks_or_it_is_said_why_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    wheel(tmp_path, "small")
    assert fetch(["small"], tmp_path / "here") is None
    assert (tmp_path / "here" / "small.py").exists()
    assert "absent" in str(fetch(["small", "absent"], tmp_path / "there"))
    assert not (tmp_path / "there").exists()


def test_a_part_finds_what_was_fetched_for_the_run(tmp_path: Path) -> None:
    (tmp_path / command.FETCHED).mkdir()
    (tmp_path / command.FETCHED / "torch.py").write_text("raise SystemExit(7)")
    assert command._run("roofs", tmp_path, "cpu", "small", limit_s=None) == (
        "failed with exit status 7: see what it printed"
    )


def test_a_part_that_takes_too_long_is_stopped_and_what_it_had_found_stays(tmp_path: Path) -> None:
    (tmp_path / ROWS).write_text(json.dumps({"part": "x", "what": "y", "figure": "z"}) + "\n")
    assert command._run("roofs", tmp_path, "cpu", "whole", limit_s=0.2) == "stopped after 0 s"
    assert (tmp_path / ROWS).read_text().count("\n") == 1
    assert not (tmp_path / ROOFS).exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_refused_before_anything_is_tried(tmp_path: Path) -> None:
    asked = [sys.executable, "-m", "benchmarks.gpu", "--write", str(tmp_path / "figures.md")]
    ran = subprocess.run(asked, cwd=ROOT, timeout=HANGS_S, check=False, capture_output=True, text=True)
    assert ran.returncode == 2
    assert "torch finds no cuda here" in ran.stderr
    assert not (tmp_path / "figures.md").exists()


def test_a_part_that_fails_says_so(tmp_path: Path) -> None:
    failure = command._run("roofs", tmp_path, "abacus", "small", limit_s=None)
    assert failure == "failed with exit status 1: see what it printed"


def test_rows_are_on_the_disk_as_soon_as_they_are_known(tmp_path: Path) -> None:
    main("roofs", tmp_path, "cpu", "small")
    rows = [json.loads(line) for line in (tmp_path / ROWS).read_text().splitlines()]
    assert [row["part"] for row in rows] == ["device"] * 4
    assert json.loads((tmp_path / ROOFS).read_text())["bandwidth"] > 0


def test_all_parts_have_a_limit_and_end_within_ten_minutes() -> None:
    assert command.LIMITS_S.keys() == set(PARTS)
    assert command.WHOLE_S < 600
    assert WHOLE.ranked == (26_593, 100_000)
    assert (WHOLE.searched, WHOLE.batches) == (10_000_000, (256, 4_096))


@pytest.mark.parametrize(
    ("took_s", "said"), [(0.000123, "0.123 ms"), (0.5, "500 ms"), (2.345, "2.35 s"), (61, "61.0 s")]
)
def test_durations_are_read_at_a_glance(took_s: float, said: str) -> None:
    assert duration(took_s) == said
