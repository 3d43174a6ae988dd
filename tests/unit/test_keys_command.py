"""`sightsound keys`: keys made, listed and revoked from a shell."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from index.galleries import Galleries
from index.keys import KEY
from sightsound.cli import run
from tests.unit.index.world import library


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder without keys."""
    library(tmp_path / "data").close()
    return tmp_path / "data"


def told(capsys: pytest.CaptureFixture[str], data: Path, *arguments: str, status: int = 0) -> str:
    """What a command prints."""
    assert run(["keys", *arguments, "--data", str(data)]) == status
    written = capsys.readouterr()
    if status:
        assert written.err.startswith("sightsound: ")
        assert written.err.count("\n") == 1
    return written.out if status == 0 else written.err


def test_a_key_is_printed_alone_and_this_once(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = told(capsys, data, "create", "ada", "--scope", "admin").strip()
    assert KEY.fullmatch(secret)
    assert secret not in told(capsys, data, "list") + told(capsys, data, "list", "--json")
    with closing(Galleries.open(data)) as galleries:
        (row,) = galleries.keys.counting()
    assert (row.name, row.grant.scopes, row.grant.galleries) == ("ada", ("admin",), None)


def test_what_a_key_allows_can_be_said(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ["--scope", "search", "--scope", "ingest", "--gallery", "yard", "--rate", "10/minute", "--at-once", "2"]
    made = json.loads(told(capsys, data, "create", "camera", *said, "--days", "30", "--json"))
    (listed,) = json.loads(told(capsys, data, "list", "--json"))
    assert listed == {name: value for name, value in made.items() if name != "key"}
    assert (made["scopes"], made["galleries"]) == (["ingest", "search"], ["yard"])
    assert (made["rate"], made["at_once"], made["counts"]) == ("10/minute", 2, True)
    assert made["expires_at"] > made["made_at"]


def test_a_revoked_key_is_shown_as_such(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, data, "create", "ada")
    assert "ada" in told(capsys, data, "revoke", "ada")
    assert "revoked" in told(capsys, data, "list")
    assert "'ada'" in told(capsys, data, "create", "ada", status=2)
    assert "'bob'; there are: ada" in told(capsys, data, "revoke", "bob", status=2)


def test_what_is_done_is_in_the_audit(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, data, "create", "ada")
    told(capsys, data, "revoke", "ada")
    with closing(Galleries.open(data)) as galleries:
        found = [each.deed for each in galleries.auditing(kept_days=1).newest()]
    assert [(each.caller, each.action) for each in found] == [
        ("command line", "keys revoke ada"),
        ("command line", "keys create ada"),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("a b",), "name"), (("a", "--scope", "root"), "scopes"), (("a", "--rate", "fast"), "rate")],
)
def test_a_key_that_cannot_be_is_refused(
    data: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert said in told(capsys, data, "create", *arguments, status=2)


def test_a_folder_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "holds no catalog.sqlite" in told(capsys, tmp_path / "nowhere", "list", status=2)
