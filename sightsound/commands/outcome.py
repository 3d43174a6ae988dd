"""What a command says that has made or changed something."""

import json
from collections.abc import Mapping

import typer


def done(sentence: str, facts: Mapping[str, object], *, as_json: bool) -> None:
    """Say what was done: in a sentence, or its facts as JSON."""
    typer.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else sentence)
