"""The `sightsound gallery` command: galleries made, counted and deleted, of a service or of a data folder itself.

What reads and writes all of a gallery, moving and verifying it, is done where the folder is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightsound.commands.outcome import done
from sightsound.commands.reach import FOLDER, MISSED, AsJson, Catalog, Data, Key, Server, reached

if TYPE_CHECKING:
    from index.archive_format import Head
    from sightsound.client import Client
    from sightsound.commands.folder_galleries import FolderGalleries
    from sightsound.gallery_answers import GalleryStatistics

app = typer.Typer(name="gallery", help="Make, count, move, verify and delete galleries.", add_completion=False)

Name = Annotated[str, typer.Argument(help="The gallery's name.")]
OneOrAll = Annotated[str | None, typer.Argument(help="The gallery's name; by default all there are.")]


@app.command()
def create(
    name: Name,
    bundle: Annotated[str, typer.Option(help="The bundle that embeds it.")],
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Make an empty gallery."""
    with _keeper(server, key, data, catalog) as keeper:
        keeper.create_gallery(name, bundle)
    said = f"The gallery {name} is embedded by the bundle {bundle}."
    done(said, {"gallery": name, "bundle": bundle}, as_json=as_json)


@app.command("list")
def list_all(
    server: Server = None, key: Key = None, data: Data = FOLDER, catalog: Catalog = None, as_json: AsJson = False
) -> None:
    """Show the galleries there are."""
    from sightsound import gallery_tables as tables
    from sightsound.commands.tables import say

    with _keeper(server, key, data, catalog) as keeper:
        found = _statistics(keeper, None)
    say(found, tables.listing(found), as_json=as_json)


@app.command()
def stats(
    name: OneOrAll = None,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Show what galleries hold."""
    from rich.console import Group

    from sightsound import gallery_tables as tables
    from sightsound.commands.tables import say

    with _keeper(server, key, data, catalog) as keeper:
        found = _statistics(keeper, name)
    say(found, Group(*map(tables.details, found)), as_json=as_json)


@app.command()
def export(
    name: Name,
    file: Annotated[Path, typer.Argument(help="The archive to write.")],
    media: Annotated[bool, typer.Option(help="With the clips' files, or without.")] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    data: Data = FOLDER,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Write a gallery to one file."""
    from rich.console import Console

    from index import archive
    from sightsound.commands.folder_galleries import opened
    from sightsound.gallery_tables import progress

    with opened(data, catalog) as stores, progress(f"Exporting {name}", Console(stderr=True)) as watch:
        head = archive.export(
            stores,
            name,
            file,
            media="included" if media else "left out",
            existing="replace" if overwrite else "refuse",
            progress=watch,
        )
    said = f"{file} holds {head.clips} clips in {head.windows} windows, media {head.media}."
    done(said, {"file": str(file), **_counted(name, head), "media": head.media}, as_json=as_json)


@app.command("import")
def import_archive(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An archive that `export` wrote.")],
    name: Annotated[str | None, typer.Option(help="The gallery's name; by default the one it had.")] = None,
    data: Data = FOLDER,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Make a gallery of an archive."""
    from rich.console import Console

    from index import archive
    from sightsound.commands.folder_galleries import opened
    from sightsound.gallery_tables import progress

    with opened(data, catalog) as stores, progress(f"Importing {file.name}", Console(stderr=True)) as watch:
        head = archive.import_(stores, file, name=name, progress=watch)
    told = _counted(name or head.gallery, head)
    done(f"The gallery {told['gallery']} has {head.clips} clips in {head.windows} windows.", told, as_json=as_json)


@app.command()
def verify(name: OneOrAll = None, data: Data = FOLDER, catalog: Catalog = None, as_json: AsJson = False) -> int:
    """Check galleries against their files, features and vectors; exit status 1 if anything is wrong."""
    from rich.console import Console

    from index.galleries import Galleries
    from index.verifying import verify as verify_all
    from sightsound import gallery_tables as tables
    from sightsound.commands.folder_galleries import opened
    from sightsound.commands.tables import show

    with opened(data, catalog) as stores, tables.progress("Verifying", Console(stderr=as_json)) as watch:
        found = verify_all(stores, Galleries(stores), names=None if name is None else [name], progress=watch)
    show(tables.as_json(found) if as_json else tables.findings(found))
    return MISSED if found else 0


@app.command()
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Delete a gallery, and the files of its clips that no other gallery has."""
    with _keeper(server, key, data, catalog) as keeper:
        there = keeper.gallery_statistics(name)
        if not yes:
            typer.confirm(f"Delete the gallery {name} with its {there.clips} clips for good?", abort=True, err=True)
        keeper.remove_gallery(name)
    said = f"The gallery {name} and its {there.clips} clips are deleted."
    done(said, {"gallery": name, "clips": there.clips}, as_json=as_json)


def _counted(name: str, head: "Head") -> dict[str, object]:
    return {"gallery": name, "clips": head.clips, "windows": head.windows}


@contextmanager
def _keeper(
    server: str | None, key: str | None, data: Path, catalog: str | None
) -> Iterator["Client | FolderGalleries"]:
    """Who keeps the galleries: the service at `server`, or else the data folder itself."""
    if server is not None:
        with reached(server, key, data) as client:
            yield client
        return
    from sightsound.commands.folder_galleries import FolderGalleries, opened

    with opened(data, catalog) as stores:
        yield FolderGalleries(stores)


def _statistics(keeper: "Client | FolderGalleries", name: str | None) -> "list[GalleryStatistics]":
    """Of that gallery, or of all there are."""
    names = [each.name for each in keeper.galleries()] if name is None else [name]
    return [keeper.gallery_statistics(each) for each in names]
