"""What the command says of itself: at once, whole, and to shells."""

import subprocess
import sys

import pytest

from sightsound.cli import run

HEAVY = ("httpx", "index", "numpy", "onnxruntime", "pydantic", "rich", "service", "torch", "training")
"""What no help needs: importing any of it takes longer than all the rest."""


def test_nothing_is_imported_for_the_list_of_commands() -> None:
    code = f"import sys, sightsound.application; print([each for each in {HEAVY} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_commands_are_listed_by_what_they_are_for_with_whole_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    written = capsys.readouterr().out
    panels = [each.rstrip(":") for each in written.splitlines() if each.endswith(":") and not each.startswith(" ")]
    assert panels[-4:] == ["Asking", "Keeping", "Making", "Serving"]
    assert "..." not in written.split("Asking:")[1]


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (("serch", "bell"), "'search'"),
        (("jobs", "lst"), "'list'"),
        (("search", "bell", "--explian"), "--explain"),
        (("jobs", "list", "--state", "don"), "'done'"),
    ],
)
def test_what_comes_near_a_mistake_is_named(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], near: str
) -> None:
    assert run(arguments) == 2
    assert near in capsys.readouterr().err


@pytest.mark.parametrize(
    ("shell", "asked"),
    [
        ("bash", {"COMP_WORDS": "sightsound cla", "COMP_CWORD": "1"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "sightsound cla"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "sightsound cla", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
)
def test_shells_complete_commands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, shell: str, asked: dict[str, str]
) -> None:
    for name, value in {**asked, "_SIGHTSOUND_COMPLETE": f"complete_{shell}"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match="0"):
        run([])
    assert "classify" in capsys.readouterr().out
