"""Whom a command asks: a service by its address, or the data folder itself; and other options of several commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import GalleryNotFound, QueryInvalid, Unavailable

if TYPE_CHECKING:
    from sightsound.client import Client

FOLDER = Path("sightsound-data")
MISSED = 1
"""The exit status where some of what was asked for could not be done."""


def _unless_a_folder_is_named(context: typer.Context, server: str | None) -> str | None:
    """Whoever types --data means that folder, whatever service the environment names."""
    found = {name: context.get_parameter_source(name) for name in ("server", "data")}
    told = {name: source and source.name for name, source in found.items()}
    return None if told == {"server": "ENVIRONMENT", "data": "COMMANDLINE"} else server


Server = Annotated[
    str | None,
    typer.Option(
        envvar="SIGHTSOUND_SERVER",
        callback=_unless_a_folder_is_named,
        help="A service's address; without one, or with --data, the data folder is asked itself.",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        envvar="SIGHTSOUND_KEY", help="What that service asks for; a variable shows it to fewer than options."
    ),
]
Data = Annotated[Path, typer.Option(envvar="SIGHTSOUND_DATA", help="The data folder, where no service is asked.")]
Folder = Annotated[Path, typer.Option(envvar="SIGHTSOUND_DATA", help="The data folder.")]
"""Of what no service is ever asked for."""
Catalog = Annotated[
    str | None, typer.Option(envvar="SIGHTSOUND_CATALOG", help="The catalog's PostgreSQL; by default in the folder.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Gallery = Annotated[str | None, typer.Option(help="The gallery's name; by default the first one there is.")]
K = Annotated[int, typer.Option("-k", min=1, max=100, help="How many at most.")]
Device = Annotated[str, typer.Option(envvar="SIGHTSOUND_DEVICE", help="cpu, gpu or, of several, cuda:1.")]


@contextmanager
def reached(server: str | None, key: str | None, data: Path, *, jobs: int = 0) -> Iterator["Client"]:
    """A client of the service at `server`, or else of one in this process over the data folder.

    So many jobs are done at once meanwhile, where no service does them.

    Raises:
        QueryInvalid: what should be an address is none.
        Unavailable: no service answers.
    """
    if server is None:
        from sightsound.commands.local import over

        with over(data, jobs=jobs) as client:
            yield client
        return
    import httpx

    from sightsound.client import Client

    try:
        with Client(server, key=key) as client:
            yield client
    except httpx.TransportError as error:
        raise Unavailable(str(error)) from error
    except httpx.InvalidURL as error:
        raise QueryInvalid(f"--server: {error}") from error


def chosen(client: "Client", gallery: str | None) -> str:
    """The gallery of that name, or the first there is; raises GalleryNotFound where there is none."""
    if gallery is not None:
        return gallery
    found = client.galleries()
    if not found:
        raise GalleryNotFound("there is no gallery yet; `sightsound gallery create NAME --bundle BUNDLE` makes one")
    return found[0].name
