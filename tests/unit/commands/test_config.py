"""One source of truth for settings, and where each was said."""

from pathlib import Path

import pytest

from models.errors import SettingsInvalid
from service.configuring import configured
from sightsound.cli import run
from tests.unit.commands.conftest import Told


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of settings."""
    path = tmp_path / "some.toml"
    path.write_text('port = 1\nhost = "localhost"\nnames = ["a.example", "b.example"]\n')
    return path


def test_options_come_before_variables_before_the_file_before_defaults(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTSOUND_PORT", "2")
    monkeypatch.setenv("SIGHTSOUND_KEPT_JOBS_DAYS", "3")
    found = configured({"kept_jobs_days": 4, "data": None}, file=file)
    said = {name: (getattr(found.settings, name), found.origins[name]) for name in ("host", "port", "kept_jobs_days")}
    assert said == {"host": ("localhost", "file"), "port": (2, "environment"), "kept_jobs_days": (4, "option")}
    assert found.settings.names == ("a.example", "b.example")
    assert (found.settings.data, found.origins["data"]) == (Path("sightsound-data"), "default")


def test_the_file_is_named_by_a_variable_or_lies_where_one_is(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert configured({}).file is None
    (tmp_path / "sightsound.toml").write_text("port = 5")
    assert configured({}).settings.port == 5
    monkeypatch.setenv("SIGHTSOUND_CONFIG", str(file))
    assert configured({}).settings.port == 1


@pytest.mark.parametrize(
    ("text", "word"), [("prot = 1", "prot"), ("port =", "cannot be read"), (None, "cannot be read")]
)
def test_a_file_that_says_nothing_known_is_refused(tmp_path: Path, text: str | None, word: str) -> None:
    path = tmp_path / "odd.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsInvalid, match=word) as refused:
        configured({}, file=path)
    assert "odd.toml" in str(refused.value)


def test_a_setting_that_does_not_hold_is_told_with_what_was_found_and_where_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file := tmp_path / "some.toml").write_text("kept_jobs_days = 0")
    monkeypatch.setenv("SIGHTSOUND_PORT", "abc")
    monkeypatch.setenv("SIGHTSOUND_LOG_FORMAT", "postgresql://me:secret@there")
    with pytest.raises(SettingsInvalid) as caught:
        configured({"job_workers": "many"}, file=file)
    said = str(caught.value).split("; ")
    assert "port: found 'abc', expected a whole number (from the variable SIGHTSOUND_PORT)" in said
    assert f"kept_jobs_days: found 0, expected at least 1 (from {file})" in said
    assert "job_workers: found 'many', expected a whole number (from the option --job-workers)" in said
    assert "log_format: found an address, expected 'text' or 'json' (from the variable SIGHTSOUND_LOG_FORMAT)" in said


def test_every_setting_is_shown_with_its_origin_and_no_secret(
    told: Told, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MILVUS_TOKEN", "MEDIA_KEY", "MEDIA_SECRET"):
        monkeypatch.setenv(f"SIGHTSOUND_{name}", "in-confidence")
    found = told("config", "show", "--config", file)
    assert found["file"] == str(file)
    assert found["settings"]["port"] == {"value": 1, "from": "file"}
    assert found["settings"]["milvus_token"]["from"] == "environment"
    assert "in-confidence" not in str(found)


def test_a_variable_that_is_no_setting_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTSOUND_PROT", "1")
    assert run(["config", "show"]) == 0
    assert "SIGHTSOUND_PROT is no setting" in capsys.readouterr().err
