"""The `sightsound config` command: what is set, and where it was said."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sightsound.commands.reach import AsJson

app = typer.Typer(name="config", help="Show the settings of the service.")
File = Annotated[
    Path | None, typer.Option("--config", help="A TOML file of settings; by default sightsound.toml, if it is there.")
]


@app.callback()
def _commands() -> None:
    """Show the settings of the service."""


@app.command()
def show(file: File = None, as_json: AsJson = False) -> None:
    """Show every setting, its value, and whether the environment, a file or nobody said so."""
    from service.configuring import configured
    from sightsound.commands import tables

    found = configured({}, file=file)
    values = found.settings.model_dump(mode="json")
    if as_json:
        rows = {name: {"value": values[name], "from": origin} for name, origin in found.origins.items()}
        return typer.echo(json.dumps({"file": str(found.file) if found.file else None, "settings": rows}, indent=2))
    told = [
        (name, _shown(values[name]), str(found.file) if origin == "file" else origin)
        for name, origin in found.origins.items()
    ]
    tables.show(tables.of_rows(("setting", "value", "from"), told, nothing="There is no setting."))
    for each in found.unknown:
        typer.echo(f"{each} is no setting", err=True)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
