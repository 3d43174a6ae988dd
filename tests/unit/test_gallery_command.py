"""`sightsound gallery`: galleries made, counted, moved, verified and deleted from a shell."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.main import get_command

from index.galleries import Galleries
from sightsound.application import app
from sightsound.cli import run
from tests.unit.index.world import add, clip_features, library, media_files

DOCUMENT = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()
COMMANDS = get_command(app).commands["gallery"].commands  # type: ignore[attr-defined]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with the galleries "demo", of three clips, and "empty"."""
    folder = tmp_path / "data"
    galleries = library(folder)
    demo = galleries.create("demo", "tiny")
    galleries.create("empty", "other")
    for seed in range(3):
        add(demo, tmp_path, seed)
    galleries.close()
    return folder


def told(capsys: pytest.CaptureFixture[str], data: Path, *arguments: str, status: int = 0) -> str:
    """What a command prints."""
    assert run(["gallery", *arguments, "--data", str(data)]) == status
    written = capsys.readouterr()
    assert "Traceback" not in written.err
    return written.out


def refused(capsys: pytest.CaptureFixture[str], data: Path, *arguments: str) -> str:
    """The one line of a command that must fail."""
    assert run(["gallery", *arguments, "--data", str(data)]) == 2
    written = capsys.readouterr()
    assert written.err.startswith("sightsound: ")
    assert written.err.count("\n") == 1
    return written.err


def test_a_gallery_is_made_and_listed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, data, "create", "birds", "--bundle", "other")
    found = json.loads(told(capsys, data, "list", "--json"))
    assert [(each["name"], each["bundle"], each["clips"]) for each in found] == [
        ("birds", "other", 0),
        ("demo", "tiny", 3),
        ("empty", "other", 0),
    ]
    table = told(capsys, data, "list")
    assert all(word in table for word in ("birds", "demo", "empty", "tiny"))


def test_a_folder_without_a_gallery_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library(tmp_path).close()
    assert told(capsys, tmp_path, "list") == "There is no gallery yet.\n"
    assert json.loads(told(capsys, tmp_path, "stats", "--json")) == []


def test_stats_say_what_a_gallery_holds(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = json.loads(told(capsys, data, "stats", "demo", "--json"))
    assert (found["clips"], found["windows"], found["media_bytes"]) == (3, 3, 57)
    assert found["labels"] == {"label 0": 1, "label 1": 1, "label 2": 1, "thing": 3}
    assert [(each["sense"], each["width"], each["windows"]) for each in found["features"]] == [
        ("audio", 8, 3),
        ("video", 8, 3),
    ]
    assert [(each["number"], each["bundle"], each["state"]) for each in found["generations"]] == [(1, "tiny", "ready")]
    assert datetime.fromisoformat(found["generations"][0]["made_at"]).tzinfo == UTC
    shown = told(capsys, data, "stats")
    assert "3 in 3 windows, 57 bytes" in shown
    assert "thing (3), label 0 (1)" in shown
    assert "empty" in shown


def test_labels_are_shown_as_they_are(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    galleries = Galleries.open(data)
    (tmp_path / "new.mp4").write_bytes(b"new")
    gallery = galleries.get("empty")
    gallery.add(tmp_path / "new.mp4", name="new.mp4", labels=["[red]alert[/red]"], features=clip_features(9))
    galleries.close()
    assert "[red]alert[/red] (1)" in told(capsys, data, "stats", "empty")


def test_a_gallery_goes_out_and_comes_in(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "demo.tar"
    assert "holds 3 clips in 3 windows, media included." in told(capsys, data, "export", "demo", str(path))
    assert "already" in refused(capsys, data, "export", "demo", str(path))
    told(capsys, data, "export", "demo", str(path), "--overwrite")
    whole = path.read_bytes()
    assert "'demo' already" in refused(capsys, data, "import", str(path))
    assert "The gallery twin has 3 clips" in told(capsys, data, "import", str(path), "--name", "twin")
    told(capsys, data, "export", "demo", str(path), "--no-media", "--overwrite")
    assert len(path.read_bytes()) < len(whole)
    told(capsys, data, "import", str(path), "--name", "thin")
    assert told(capsys, data, "verify").endswith("Nothing is wrong.\n")


def test_an_archive_that_cannot_be_is_one_line(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "odd.tar").write_bytes(b"odd" * 1000)
    assert "at byte 0" in refused(capsys, data, "import", str(tmp_path / "odd.tar"))
    assert "does not exist" in refused(capsys, data, "import", str(tmp_path / "nowhere.tar"))
    assert "no folder" in refused(capsys, data, "export", "demo", str(tmp_path / "nowhere" / "demo.tar"))
    assert "is a folder" in refused(capsys, data, "export", "demo", str(tmp_path))


def test_verify_says_what_is_wrong_and_its_status_too(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = data / "media" / media_files(data)[0][:2] / media_files(data)[0]
    path.write_bytes(b"damaged")
    (found,) = json.loads(told(capsys, data, "verify", "--json", status=1))
    assert found["what"] == "media"
    assert found["found"].startswith(f"{path}: 7 bytes of sha256 ")
    assert "media" in told(capsys, data, "verify", "demo", status=1)
    assert told(capsys, data, "verify", "empty").endswith("Nothing is wrong.\n")


def test_a_gallery_is_deleted_when_that_is_confirmed(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    told(capsys, data, "delete", "demo", status=130)
    assert len(media_files(data)) == 3
    told(capsys, data, "delete", "demo", "--yes")
    assert media_files(data) == []
    assert [each["name"] for each in json.loads(told(capsys, data, "list", "--json"))] == ["empty"]
    told(capsys, data, "verify")
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    told(capsys, data, "delete", "empty")
    assert json.loads(told(capsys, data, "list", "--json")) == []


def test_media_that_another_gallery_has_stay(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    galleries = Galleries.open(data)
    kept = add(galleries.get("empty"), tmp_path, 1)
    galleries.close()
    told(capsys, data, "delete", "demo", "--yes")
    assert media_files(data) == [kept.sha256]


@pytest.mark.parametrize("command", ["stats", "verify", "delete", "export"])
def test_a_gallery_that_is_not_there_is_one_line(data: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    more = [str(data / "out.tar")] if command == "export" else []
    assert "no gallery 'nobody'" in refused(capsys, data, command, "nobody", *more)


def test_a_folder_that_is_none_is_one_line_and_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "neither catalog.sqlite nor bundles" in refused(capsys, tmp_path, "list")
    assert list(tmp_path.iterdir()) == []
    assert "no bundle 'x'" in refused(capsys, _with_bundles(tmp_path), "create", "new", "--bundle", "x")


def test_the_catalog_may_be_in_postgresql(postgres: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library(tmp_path, postgres).close()
    told(capsys, tmp_path, "create", "demo", "--bundle", "tiny", "--catalog", postgres)
    assert "demo" in told(capsys, tmp_path, "list", "--catalog", postgres)
    assert not (tmp_path / "catalog.sqlite").exists()
    assert "Nothing is wrong." in told(capsys, tmp_path, "verify", "--catalog", postgres)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_of_galleries_and_its_options_are_documented(command: str) -> None:
    (row,) = [line for line in DOCUMENT.splitlines() if line.startswith(f"| `{command}")]
    options = [name for each in COMMANDS[command].params for name in (*each.opts, *each.secondary_opts)]
    assert [name for name in options if name.startswith("--") and name not in DOCUMENT] == []
    assert [name for name in options if not name.startswith("--") and name.upper() not in row] == []


def _with_bundles(folder: Path) -> Path:
    (folder / "bundles").mkdir()
    return folder
