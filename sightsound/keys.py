"""The `sightsound keys` command: keys made, listed and revoked, of a service or on a data folder.

Who can write to the data folder may do anything with it, so no key is asked for there; the first can be made nowhere
else.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from sightsound.commands.reach import FOLDER, AsJson, Key, Server, reached

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sightsound.choices import Scope
    from sightsound.client import Client
    from sightsound.commands.folder_keys import FolderKeys
    from sightsound.key_answers import KeyDetail

app = typer.Typer(name="keys", help="Make, list and revoke the keys of those who may ask.")

Data = Annotated[Path | None, typer.Option(help="The data folder, where no service is asked.")]
Catalog = Annotated[str | None, typer.Option(help="The catalog's PostgreSQL; by default in the folder.")]
Name = Annotated[str, typer.Argument(help="The key's name, which no other key ever gets.")]


@app.command()
def create(
    name: Name,
    scope: Annotated[list[str] | None, typer.Option(help="search, ingest, observe or admin; repeated.")] = None,
    gallery: Annotated[list[str] | None, typer.Option(help="Repeated for each it is for; by default all.")] = None,
    days: Annotated[float | None, typer.Option(min=0.001, help="After how many days it expires.")] = None,
    rate: Annotated[str | None, typer.Option(help="Its requests, as 60/minute; by default the setting's.")] = None,
    at_once: Annotated[int | None, typer.Option(min=1, help="Its requests at once; by default the setting's.")] = None,
    server: Server = None,
    key: Key = None,
    data: Data = None,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Make a key, by default to search with, and print it: this once, as it is kept nowhere."""
    until = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with _keeper(server, key, data, catalog) as keeper:
        made = keeper.create_key(
            name,
            cast("list[Scope]", scope or ["search"]),
            galleries=gallery or None,
            rate=rate,
            at_once=at_once,
            expires_at=until,
        )
    if as_json:
        return typer.echo(made.model_dump_json(indent=2))
    typer.echo("Keep the key: it is told this once.", err=True)
    typer.echo(made.key)


@app.command("list")
def list_all(
    server: Server = None, key: Key = None, data: Data = None, catalog: Catalog = None, as_json: AsJson = False
) -> None:
    """Show the keys that were ever made, without the keys themselves."""
    from sightsound.commands.tables import say

    with _keeper(server, key, data, catalog) as keeper:
        found = keeper.keys()
    say(found, _table(found), as_json=as_json)


@app.command()
def revoke(
    name: Name,
    server: Server = None,
    key: Key = None,
    data: Data = None,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Have a key count no more, for good; services know within two seconds."""
    with _keeper(server, key, data, catalog) as keeper:
        keeper.revoke_key(name)
        all_keys = keeper.keys()
    (found,) = (each for each in all_keys if each.name == name)
    typer.echo(found.model_dump_json(indent=2) if as_json else f"The key {name} counts no more.")


@contextmanager
def _keeper(
    server: str | None, key: str | None, data: Path | None, catalog: str | None
) -> Iterator["Client | FolderKeys"]:
    """Who keeps the keys: the service at `server`, or else the data folder itself."""
    if server is not None:
        with reached(server, key, data or FOLDER) as client:
            yield client
        return
    from sightsound.commands.folder_keys import opened

    with opened(data, catalog) as keeper:
        yield keeper


def _table(found: Sequence["KeyDetail"]) -> "RenderableType":
    """A row a key."""
    from sightsound.commands.tables import of_rows

    rows = []
    for each in found:
        state = "revoked" if each.revoked_at else "yes" if each.counts else "expired"
        galleries = "all" if each.galleries is None else ", ".join(each.galleries)
        moments = (_shown(each.used_at), _shown(each.expires_at))
        rows.append((each.name, each.hint, ", ".join(each.scopes), galleries, state, *moments))
    names = ("key", "begins", "scopes", "galleries", "counts", "last used", "expires")
    return of_rows(names, rows, nothing="There is no key yet.")


def _shown(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
