"""The demo: its folder is made whole or not at all, kept, and never taken for another."""

import re
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import av
import httpx
import pytest
from rich.console import Console

from models.errors import Conflict
from sightsound.cli import run
from sightsound.demo import REPORT, Report, prepare
from sightsound.figures import Figure
from sightsound.progress import Steps
from tests.tiny.bundles import tiny_library
from tests.unit.service.waiting import PATIENCE_S
from tests.unit.test_client import BLOCK
from training.datasets.demo_world.world import Listing

GOOD = Figure(name="zero-shot U", value=0.6, bound=0.4, better="higher", shown="60.0%", needed="40% or more")
BAD = Figure(name="peak memory", value=9.0, bound=3.0, better="lower", shown="9.00 GiB", needed="3 GiB or less")
UNKNOWN = Figure(name="zero-shot HM", value=float("nan"), bound=0.4, better="higher", shown="nan", needed="40% or more")
FAILING = [
    Listing("clip.mp4", "glass ball bouncing", "train"),
    Listing("no such folder/clip.mp4", "glass ball bouncing", "train"),
]


def console() -> Console:
    return Console(file=StringIO(), width=160)


def printed(to: Console) -> str:
    assert isinstance(to.file, StringIO)
    return to.file.getvalue()


def finished(folder: Path, *figures: Figure, seed: int = 0) -> Report:
    """The report of a demo that was finished there."""
    report = Report(seed=seed, bundle="demo-cjme", figures=list(figures), seconds={"Rendering clips": 1.5})
    folder.mkdir(parents=True)
    (folder / REPORT).write_text(report.model_dump_json(indent=2))
    return report


def failure(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on stderr of a command that must fail."""
    assert run(arguments) == 2
    written = capsys.readouterr()
    assert written.err.count("\n") == 1
    return written.err


def test_a_finished_demo_is_read_and_shown_again_and_left_as_it_is(tmp_path: Path) -> None:
    report = finished(tmp_path / "data", GOOD, BAD)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    shown = console()
    assert prepare(tmp_path / "data", seed=0, console=shown) == report
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert "ready since an earlier run" in printed(shown)
    assert "demo-cjme" in printed(shown)
    assert "40% or more" in printed(shown)


def test_a_report_with_a_figure_that_is_no_number_is_read_again_and_does_not_hold(tmp_path: Path) -> None:
    finished(tmp_path / "data", GOOD, UNKNOWN)
    report = prepare(tmp_path / "data", seed=0, console=console())
    assert not report.holds
    assert [figure.holds for figure in report.figures] == [True, False]


def test_a_folder_that_is_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"a cat")
    with pytest.raises(Conflict, match=r"photos exists and holds no finished demo"):
        prepare(tmp_path / "photos", seed=0, console=console())
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["cat.jpg"]
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_a_demo_of_another_seed_is_refused_naming_both(tmp_path: Path) -> None:
    finished(tmp_path / "data", GOOD, seed=3)
    with pytest.raises(Conflict, match=r"data holds the demo of seed 3, not 4"):
        prepare(tmp_path / "data", seed=4, console=console())


@pytest.mark.parametrize("content", ["", "{}", '{"seed": 0, "bundle": "demo-cjme", "figures": [], "odd": 1}', "\xff"])
def test_a_report_that_cannot_be_read_is_refused_naming_the_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / REPORT).write_bytes(content.encode("latin-1"))
    with pytest.raises(Conflict, match=rf"data/{REPORT} is not the report of a demo"):
        prepare(tmp_path / "data", seed=0, console=console())


def test_a_step_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(av.FFmpegError, match="No such file or directory"):
        prepare(tmp_path / "data", seed=0, console=console(), clips=FAILING)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_not_built_upon(tmp_path: Path) -> None:
    left = tmp_path / "data.partial"
    finished(left, GOOD)
    with pytest.raises(av.FFmpegError, match="No such file or directory"):
        prepare(tmp_path / "data", seed=0, console=console(), clips=FAILING)
    assert not left.exists()


@pytest.mark.parametrize(("figures", "status"), [([GOOD], 0), ([GOOD, BAD], 1), ([UNKNOWN], 1)])
def test_without_serving_the_exit_status_says_whether_the_figures_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], figures: list[Figure], status: int
) -> None:
    finished(tmp_path / "data", *figures)
    assert run(["demo", "--data", str(tmp_path / "data"), "--no-serve"]) == status
    assert ("misses" in capsys.readouterr().out) is (status == 1)


def test_a_finished_demo_is_shown_where_torch_is_not_installed(tmp_path: Path) -> None:
    finished(tmp_path / "data", GOOD)
    code = BLOCK.format(blocked={"torch"}) + "from sightsound.cli import run\nsys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "demo", "--data", str(tmp_path / "data"), "--no-serve"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_demo_is_served_by_a_process_begun_anew_which_is_rid_of_what_training_held(tmp_path: Path) -> None:
    library = tiny_library(tmp_path / "data", clips_per_label=1)
    (library / REPORT).write_text(Report(seed=0, bundle="tiny", figures=[GOOD], seconds={}).model_dump_json())
    code = "import os, sys; from sightsound.cli import run; print(os.getpid(), flush=True); sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "demo", "--data", str(library), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = []
        while not (line := process.stdout.readline()).startswith("Sightsound is at"):
            said.append(line)
        assert httpx.get(f"{line.split()[3]}/readyz", timeout=PATIENCE_S).json()["status"] == "ready"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
    assert said.count(f"{process.pid}\n") == 2
    assert "40% or more" in "".join(said)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seed", "1", "--no-serve"], "holds the demo of seed 0, not 1"),
        (["--seed", "-1"], "--seed"),
        (["--seed", "one"], "--seed"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    finished(tmp_path / "data", GOOD)
    assert words in failure(capsys, "demo", "--data", str(tmp_path / "data"), *arguments)


def counted(shown: Console) -> Steps:
    with Steps(shown) as steps:
        with steps.step("Counting sheep", 2) as step:
            step.to(1, "one sheep")
        with steps.step("Sleeping", 1):
            pass
    return steps


def test_every_step_is_timed_in_order() -> None:
    steps = counted(console())
    assert list(steps.seconds) == ["Counting sheep", "Sleeping"]
    assert all(0 <= seconds < 5 for seconds in steps.seconds.values())


def test_somebody_who_watches_sees_bars_and_notes() -> None:
    watched = Console(file=StringIO(), width=160, force_terminal=True)
    counted(watched)
    for words in ("Counting sheep", "2/2", "one sheep", "Sleeping", "1/1"):
        assert words in printed(watched)


def test_a_log_has_a_line_when_a_step_begins_and_one_when_it_is_over() -> None:
    log = console()
    counted(log)
    lines = printed(log).splitlines()
    assert len(lines) == 4
    assert lines[0] == "Counting sheep (2) …"
    assert re.fullmatch(r"Counting sheep: \d\.\d s", lines[1])


def test_a_step_that_fails_is_not_counted_as_done() -> None:
    with Steps(console()) as steps, pytest.raises(ZeroDivisionError), steps.step("Dividing", 1):
        _ = 1 / 0
    assert steps.seconds == {}
