"""Commands that change a gallery, and the jobs behind them."""

from pathlib import Path
from shutil import copytree

import pytest

from sightsound.cli import run
from tests.tiny.clips import tiny_clip
from tests.unit.commands.conftest import Told


@pytest.fixture
def own(data: Path, tmp_path: Path) -> Path:
    """A copy of the data folder that a test may change."""
    return Path(copytree(data, tmp_path / "own"))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clip in a subfolder, and what is none."""
    folder = tmp_path_factory.mktemp("clips")
    tiny_clip(folder / "whistling" / "one.mp4", seconds=0.5, tone_hz=777.0)
    (folder / "odd.mp4").write_bytes(b"no clip")
    return folder


def test_a_folder_comes_in_and_what_could_not_is_told(told: Told, own: Path, clips: Path) -> None:
    found = told("ingest", clips, "--label", "mine", "--data", own, status=1)["clips"]
    assert [(each["name"], "problem" in each) for each in found] == [("odd.mp4", True), ("whistling/one.mp4", False)]
    hit = told("search", "whistling", "--label", "mine", "--data", own)["hits"][0]
    assert (hit["clip"]["labels"], hit["clip"]["id"]) == (["whistling", "mine"], found[1]["clip"])


def test_a_csv_and_files_come_in(told: Told, own: Path, clips: Path, tmp_path: Path) -> None:
    table = tmp_path / "clips.csv"
    table.write_text(f"path,label\n{clips / 'whistling' / 'one.mp4'},a;b\nnone.mp4,a\n")
    found = told("ingest", table, "--data", own, status=1)["clips"]
    assert ["problem" in each for each in found] == [False, True]
    again = told("ingest", clips / "whistling" / "one.mp4", "--data", own)["clips"]
    assert again[0]["clip"] == found[0]["clip"]


def test_a_gallery_is_evaluated_and_embedded_anew(told: Told, done: Told, own: Path) -> None:
    report = done("evaluate", "--route", "text->video", "--data", own)["report"]
    assert list(report["retrieval"]) == ["text->video"]
    job = done("reindex", "--force", "--data", own)
    assert (job["state"], job["result"]["generation"]) == ("done", 2)
    assert [each["kind"] for each in told("jobs", "list", "--data", own)] == ["reindex", "evaluate"]
    assert told("jobs", "show", job["id"], "--data", own) == job


def test_a_service_may_be_left_to_it(capsys: pytest.CaptureFixture[str], told: Told, server: str) -> None:
    assert run(["evaluate", "--route", "text->video", "--no-wait", "--server", server]) == 0
    job = capsys.readouterr().out.strip()
    assert told("jobs", "wait", job, "--server", server)["state"] == "done"
    assert run(["jobs", "cancel", job, "--server", server]) == 2


def test_people_see_tables(capsys: pytest.CaptureFixture[str], server: str) -> None:
    assert run(["evaluate", "--server", server]) == 0
    assert "mean average precision" in capsys.readouterr().out
    assert run(["jobs", "list", "--server", server]) == 0
    assert "evaluate" in capsys.readouterr().out


def test_a_bundle_that_is_not_there_is_refused(server: str) -> None:
    assert run(["reindex", "--bundle", "none", "--server", server]) == 2
