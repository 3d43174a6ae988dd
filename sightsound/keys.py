"""The `sightsound keys` command: keys made, listed and revoked on a data folder; the first can be made nowhere else.

Who can write to the data folder may do anything with it, so no key is asked for here.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightsound.commands.reach import AsJson

if TYPE_CHECKING:
    from rich.console import RenderableType

    from index.auditing import Auditing
    from index.keys import Keys
    from index.metadata import Json
    from service.callers.key_schemas import KeyDetail

app = typer.Typer(name="keys", help="Make, list and revoke the keys of those who may ask.")

CALLER = "command line"
"""Who did it, for the audit; no key has a name with a space."""
Data = Annotated[Path | None, typer.Option(help="The data folder.")]
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
    data: Data = None,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Make a key, by default to search with, and print it: this once, as it is kept nowhere."""
    from service.callers import keyholding
    from service.callers.key_schemas import KeyRequest

    request = KeyRequest.model_validate(
        {
            "name": name,
            "scopes": tuple(scope or ("search",)),
            "galleries": tuple(gallery) if gallery else None,
            "expires_at": None if days is None else datetime.now(UTC) + timedelta(days=days),
            "rate": rate,
            "at_once": at_once,
        }
    )
    with _opened(data, catalog) as (keys, auditing):
        made = keyholding.create(keys, request)
        _note(auditing, f"keys create {name}", {"scopes": list(made.scopes)})
    if as_json:
        return typer.echo(made.model_dump_json(indent=2))
    typer.echo("Keep the key: it is told this once.", err=True)
    typer.echo(made.key)


@app.command("list")
def list_all(data: Data = None, catalog: Catalog = None, as_json: AsJson = False) -> None:
    """Show the keys that were ever made, without the keys themselves."""
    from service.callers import keyholding
    from sightsound.commands.tables import say

    with _opened(data, catalog) as (keys, _):
        found = keyholding.listed(keys).keys
    say(found, _table(found), as_json=as_json)


@app.command()
def revoke(name: Name, data: Data = None, catalog: Catalog = None, as_json: AsJson = False) -> None:
    """Have a key count no more, for good; services know within two seconds."""
    from service.callers import keyholding

    with _opened(data, catalog) as (keys, auditing):
        found = keyholding.detail(keys.revoke(name))
        _note(auditing, f"keys revoke {name}", {})
    typer.echo(found.model_dump_json(indent=2) if as_json else f"The key {name} counts no more.")


@contextmanager
def _opened(data: Path | None, catalog: str | None) -> Iterator[tuple["Keys", "Auditing"]]:
    """The keys and the audit of a data folder, closed with the block; raises SettingsInvalid where there is none."""
    from index.auditing import Auditing
    from index.catalog.database import Database
    from index.keys import Keys
    from service.configuring import configured
    from service.resources import check_folder

    # Which address the service listens at does not matter here.
    settings = configured({"data": data, "catalog": catalog, "host": "127.0.0.1"}).settings
    check_folder(settings)
    database = Database(settings.catalog or f"sqlite:///{settings.data / 'catalog.sqlite'}")
    try:
        yield Keys(database), Auditing(database, kept_days=settings.kept_audit_days)
    finally:
        database.close()


def _note(auditing: "Auditing", action: str, detail: dict[str, "Json"]) -> None:
    """What is done here is in the audit as what is done over HTTP; with the status that it would have had."""
    import time

    from index.catalog.audit import Deed

    auditing.add(Deed(time.time(), CALLER, "", action, 200, detail))


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
