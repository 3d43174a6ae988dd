"""Files that commands fetch, and what becomes of them."""

import tarfile
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from sightsound.cli import run
from tests.tiny.clips import tiny_clip
from tests.unit.commands.conftest import Told


@pytest.fixture
def clip(told: Told, server: str) -> str:
    """The id of a clip."""
    return str(told("clip", "list", "--label", "dog barking", "--limit", "1", "--server", server)[0]["id"])


def test_a_clip_is_shown_and_its_file_fetched(told: Told, server: str, clip: str, tmp_path: Path) -> None:
    shown = told("clip", "show", clip, "--server", server)
    fetched = told("clip", "download", clip, tmp_path / "a.mp4", "--server", server)
    size = (tmp_path / "a.mp4").stat().st_size
    assert (shown["labels"], shown["size_bytes"], fetched["size_bytes"]) == (["dog barking"], size, size)
    assert run(["clip", "download", clip, str(tmp_path / "b.mp4"), "--preview", "--server", server]) == 0
    assert b"moov" in (tmp_path / "b.mp4").read_bytes()


def test_a_file_may_go_on_in_a_pipe(monkeypatch: pytest.MonkeyPatch, server: str, clip: str) -> None:
    pipe = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(pipe))
    assert run(["clip", "download", clip, "-", "--server", server]) == 0
    assert b"ftyp" in pipe.getvalue()[:16]


def test_a_bundle_is_fetched(told: Told, server: str, tmp_path: Path) -> None:
    assert told("bundle", "download", "tiny", tmp_path / "tiny.tar", "--server", server)["name"] == "tiny"
    with tarfile.open(tmp_path / "tiny.tar") as archive:
        assert "bundle.json" in archive.getnames()


def test_what_could_not_be_fetched_leaves_nothing(
    capsys: pytest.CaptureFixture[str], server: str, clip: str, tmp_path: Path
) -> None:
    for what, place in (("none", tmp_path / "a.mp4"), (clip, tmp_path), (clip, tmp_path / "none" / "a.mp4")):
        assert run(["clip", "download", what, str(place), "--server", server]) == 2
        assert ("none" if what == "none" else str(place.parent)) in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_clips_are_listed_and_deleted(
    capsys: pytest.CaptureFixture[str], told: Told, server: str, tmp_path: Path
) -> None:
    own = tiny_clip(tmp_path / "short.mp4", seconds=0.5, tone_hz=555.0)
    made = told("ingest", own, "--label", "short", "--server", server)["clips"][0]["clip"]
    assert run(["clip", "list", "--label", "short", "--server", server]) == 0
    assert made in capsys.readouterr().out
    assert run(["clip", "show", made, "--server", server]) == 0
    assert "short" in capsys.readouterr().out
    gone = told("clip", "delete", made, "none", "--server", server, status=1)
    assert (gone["removed"], gone["missing"]) == ([made], ["none"])
