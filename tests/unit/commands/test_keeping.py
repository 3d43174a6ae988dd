"""Galleries and keys, kept alike of a service and of a data folder itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.keys import KEY
from service.app import create_app
from service.settings import Settings
from sightsound.cli import run
from tests.tiny.bundles import tiny_library
from tests.unit.commands.conftest import Told
from tests.unit.service.running import running


@pytest.fixture(params=["service", "folder"])
def at(request: pytest.FixtureRequest, server: str, data: Path) -> tuple[str, str]:
    """Whom a command asks."""
    return ("--server", server) if request.param == "service" else ("--data", str(data))


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service that asks for keys."""
    folder = tiny_library(tmp_path_factory.mktemp("keyed"), clips_per_label=1)
    assert run(["keys", "create", "ada", "--data", str(folder)]) == 0
    with running(create_app(Settings(data=folder, keys="required"))) as address:
        yield address


def test_galleries_are_made_counted_and_deleted(
    told: Told, capsys: pytest.CaptureFixture[str], at: tuple[str, str]
) -> None:
    assert told("gallery", "create", "drafts", "--bundle", "tiny", *at) == {"gallery": "drafts", "bundle": "tiny"}
    assert [(each["name"], each["clips"] > 0) for each in told("gallery", "list", *at)] == [
        ("demo", True),
        ("drafts", False),
    ]
    (found,) = told("gallery", "stats", "drafts", *at)
    assert (found["bundle"], found["generations"][0]["state"]) == ("tiny", "ready")
    assert run(["gallery", "stats", *at]) == 0
    assert "drafts" in capsys.readouterr().out
    assert told("gallery", "delete", "drafts", "--yes", *at) == {"gallery": "drafts", "clips": 0}
    assert run(["gallery", "stats", "drafts", *at]) == 2
    assert "'drafts'" in capsys.readouterr().err


def test_a_service_and_its_folder_count_alike(told: Told, server: str, data: Path) -> None:
    assert told("gallery", "stats", "--server", server) == told("gallery", "stats", "--data", data)


def test_keys_are_made_listed_and_revoked(told: Told, capsys: pytest.CaptureFixture[str], at: tuple[str, str]) -> None:
    name = at[0].strip("-")
    made = told("keys", "create", name, "--scope", "ingest", "--days", "1", "--rate", "9/minute", *at)
    assert KEY.fullmatch(made.pop("key"))
    assert made == next(each for each in told("keys", "list", *at) if each["name"] == name)
    assert (made["scopes"], made["rate"], made["counts"]) == (["ingest"], "9/minute", True)
    assert run(["keys", "create", name, *at]) == 2
    assert name in capsys.readouterr().err
    assert told("keys", "revoke", name, *at)["revoked_at"] is not None


def test_variables_say_whom_to_ask(told: Told, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTSOUND_SERVER", server)
    monkeypatch.setenv("SIGHTSOUND_DATA", "/nowhere/at all")
    assert [each["name"] for each in told("gallery", "list")] == ["demo"]


def test_who_lacks_a_key_is_told_how_to_give_one(capsys: pytest.CaptureFixture[str], keyed: str) -> None:
    for command in (("gallery", "list"), ("search", "bell")):
        assert run([*command, "--server", keyed]) == 2
        assert "--key or the variable SIGHTSOUND_KEY" in capsys.readouterr().err
