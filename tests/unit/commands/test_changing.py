"""Commands that change a gallery, and the jobs behind them."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from sightsound import Client
from sightsound.answers import ClipDetail
from sightsound.cli import run
from sightsound.client.blocking import Jobs
from sightsound.job_answers import Job
from tests.tiny.clips import tiny_clip
from tests.unit.commands.conftest import Told


@pytest.fixture
def own(data: Path, tmp_path: Path) -> Path:
    """A copy of the data folder that a test may change."""
    return Path(copytree(data, tmp_path / "own"))


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
    assert (again[0]["clip"], found[0]["is_new"], again[0]["is_new"]) == (found[0]["clip"], True, False)


def test_labels_of_a_clip_that_was_there_are_said_to_stay(
    capsys: pytest.CaptureFixture[str], told: Told, server: str, tmp_path: Path
) -> None:
    clip = tiny_clip(tmp_path / "twice.mp4", seconds=0.5, tone_hz=333.0)
    made = told("ingest", clip, "--label", "first", "--server", server)["clips"][0]["clip"]
    assert run(["ingest", str(clip), "--label", "second", "--server", server]) == 0
    assert "1 of 1 clips are in the gallery demo. There before, their labels" in capsys.readouterr().out
    assert told("clip", "show", made, "--server", server)["labels"] == ["first"]
    told("clip", "delete", made, "--server", server)


def test_a_gallery_is_embedded_anew_by_the_command_itself(done: Told, own: Path) -> None:
    job = done("reindex", "--force", "--data", own)
    assert (job["state"], job["result"]["generation"]) == ("done", 2)


def test_a_gallery_is_evaluated_by_a_service(told: Told, server: str) -> None:
    found = told("evaluate", "--route", "text->video", "--map", "--server", server)
    report = found["report"]
    assert found["request"]["map"]
    assert list(report["retrieval"]) == ["text->video"]
    newest = told("jobs", "list", "--server", server)[0]
    assert (newest["kind"], told("jobs", "show", newest["id"], "--server", server)) == ("evaluate", newest)


def test_what_stops_a_command_leaves_word_of_what_was_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, told: Told, server: str, clips: Path
) -> None:
    one, rest = clips / "whistling" / "one.mp4", [str(clips / "odd.mp4")] * 2
    added, made = Client.add_clip.__get__, list[ClipDetail]()

    def stops(client: Client, gallery: str, path: str, *labels: object, **named: object) -> ClipDetail:
        if path in rest:
            raise KeyboardInterrupt
        made.append(added(client, Client)(gallery, path))
        return made[-1]

    monkeypatch.setattr(Client, "add_clip", stops)
    assert run(["ingest", str(one), *rest, "--server", server]) == 130
    written = capsys.readouterr()
    assert written.out.startswith("1 of 3 clips")
    assert written.err.endswith("sightsound: stopped\n")
    told("clip", "delete", made[0].id, "--server", server)  # for whichever test asks this service next


def test_a_job_that_nobody_waits_for_any_more_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, told: Told, server: str
) -> None:
    def stops(jobs: Jobs, job_id: str) -> Iterator[Job]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(Jobs, "watch", stops)
    assert run(["evaluate", "--route", "text->video", "--server", server]) == 130
    said = capsys.readouterr().err
    newest = told("jobs", "list", "--limit", "1", "--server", server)[0]["id"]
    assert f"sightsound jobs wait {newest}" in said
    monkeypatch.undo()
    told("jobs", "wait", newest, "--server", server)  # or it would write while the next test copies the folder


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
