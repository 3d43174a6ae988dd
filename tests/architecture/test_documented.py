"""What is not documented does not exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from models.bundle.manifest import HeadSpec, Manifest, RouteSpec
from models.methods import METHODS
from models.types import Metric
from sightsound.application import app

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_is_in_the_methods_document(method: str) -> None:
    assert method in (DOCS / "methods.md").read_text().lower()


@pytest.mark.parametrize("metric", list(Metric))
def test_every_metric_is_in_the_bundle_format(metric: Metric) -> None:
    assert f"`{metric.value}`" in (DOCS / "bundle-format.md").read_text()


@pytest.mark.parametrize("key", [key for value in (Manifest, HeadSpec, RouteSpec) for key in value.model_fields])
def test_every_key_of_the_manifest_is_in_the_bundle_format(key: str) -> None:
    assert f"`{key}`" in (DOCS / "bundle-format.md").read_text()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_its_options_are_documented(command: str) -> None:
    documents = "\n".join(path.read_text() for path in DOCS.glob("*.md"))
    assert f"`sightsound {command}" in documents
    options = [name for each in get_command(app).commands[command].params for name in each.opts]  # type: ignore[attr-defined]
    assert [name for name in options if name not in documents] == []


def _whole(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Every command below a command, with the options that are its own."""
    if words:
        yield words, [name for each in command.params for name in each.opts if name.startswith("-")]
    for name, each in getattr(command, "commands", {}).items():
        yield from _whole(each, (*words, name))


SUBCOMMANDS = [(words, options) for words, options in _whole(get_command(app)) if len(words) > 1]


@pytest.mark.parametrize(("words", "options"), SUBCOMMANDS, ids=[" ".join(words) for words, _ in SUBCOMMANDS])
def test_every_subcommand_and_its_options_are_documented(words: tuple[str, ...], options: list[str]) -> None:
    document = (DOCS / "command-line.md").read_text() + (DOCS / "backbones.md").read_text()
    paragraphs = [each for each in re.split(r"\n(?=`sightsound )|\n## ", document) if f"sightsound {words[0]}" in each]
    assert any(re.search(rf"`(sightsound {words[0]} )?{words[1]}\b", each) for each in paragraphs)
    assert [
        name for name in options if not any(f"`{name}`" in each or f"`{name} " in each for each in paragraphs)
    ] == []


@pytest.mark.parametrize("page", sorted(path.name for path in (DOCS / "decisions").glob("*.md")))
def test_decisions_are_numbered_and_say_what_was_decided_and_why(page: str) -> None:
    text = (DOCS / "decisions" / page).read_text()
    assert text.startswith(f"# {int(page[:4])}. ")
    assert "**Decision.**" in text
    assert "**Why.**" in text
