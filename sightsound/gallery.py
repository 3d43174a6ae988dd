"""The `sightsound gallery` command: galleries made, counted, moved, verified and deleted."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import SettingsInvalid
from sightsound.commands.outcome import done
from sightsound.commands.reach import FOLDER, MISSED, AsJson

if TYPE_CHECKING:
    from index.archive_format import Head
    from index.stores import Stores


app = typer.Typer(name="gallery", help="Make, count, move, verify and delete galleries.", add_completion=False)

Data = Annotated[Path, typer.Option(envvar="SIGHTSOUND_DATA", help="The data folder.")]
Catalog = Annotated[
    str | None, typer.Option(envvar="SIGHTSOUND_CATALOG", help="The catalog's PostgreSQL; by default in the folder.")
]
Name = Annotated[str, typer.Argument(help="The gallery's name.")]
OneOrAll = Annotated[str | None, typer.Argument(help="The gallery's name; by default all there are.")]


@app.command()
def create(
    name: Name,
    bundle: Annotated[str, typer.Option(help="The bundle that embeds it.")],
    data: Data = FOLDER,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Make an empty gallery."""
    from index.galleries import Galleries

    with _opened(data, catalog) as stores:
        Galleries(stores).create(name, bundle)
    said = f"The gallery {name} is embedded by the bundle {bundle}."
    done(said, {"gallery": name, "bundle": bundle}, as_json=as_json)


@app.command("list")
def list_all(data: Data = FOLDER, catalog: Catalog = None, as_json: AsJson = False) -> None:
    """Show the galleries there are."""
    from index import statistics
    from sightsound import gallery_tables as tables
    from sightsound.commands.tables import show

    with _opened(data, catalog) as stores:
        found = [statistics.statistics(stores, each) for each in statistics.names(stores)]
    show(tables.as_json(found) if as_json else tables.listing(found))


@app.command()
def stats(name: OneOrAll = None, data: Data = FOLDER, catalog: Catalog = None, as_json: AsJson = False) -> None:
    """Show what galleries hold."""
    from index import statistics
    from sightsound import gallery_tables as tables
    from sightsound.commands.tables import show

    with _opened(data, catalog) as stores:
        names = statistics.names(stores) if name is None else [name]
        found = [statistics.statistics(stores, each) for each in names]
    for each in [tables.as_json(found)] if as_json else [tables.details(each) for each in found]:
        show(each)


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
    from sightsound.gallery_tables import progress

    with _opened(data, catalog) as stores, progress(f"Exporting {name}", Console(stderr=True)) as watch:
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
    file: Annotated[Path, typer.Argument(help="An archive that `export` wrote.")],
    name: Annotated[str | None, typer.Option(help="The gallery's name; by default the one it had.")] = None,
    data: Data = FOLDER,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Make a gallery of an archive."""
    from rich.console import Console

    from index import archive
    from sightsound.gallery_tables import progress

    with _opened(data, catalog) as stores, progress(f"Importing {file.name}", Console(stderr=True)) as watch:
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
    from sightsound.commands.tables import show

    with _opened(data, catalog) as stores, tables.progress("Verifying", Console(stderr=as_json)) as watch:
        found = verify_all(stores, Galleries(stores), names=None if name is None else [name], progress=watch)
    show(tables.as_json(found) if as_json else tables.findings(found))
    return MISSED if found else 0


@app.command()
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = FOLDER,
    catalog: Catalog = None,
    as_json: AsJson = False,
) -> None:
    """Delete a gallery, and the files of its clips that no other gallery has."""
    from index.deleting import delete as delete_all
    from index.statistics import statistics

    with _opened(data, catalog) as stores:
        there = statistics(stores, name)
        if not yes:
            typer.confirm(f"Delete the gallery {name} with its {there.clips} clips for good?", abort=True, err=True)
        delete_all(stores, name)
    said = f"The gallery {name} and its {there.clips} clips are deleted."
    done(said, {"gallery": name, "clips": there.clips}, as_json=as_json)


def _counted(name: str, head: "Head") -> dict[str, object]:
    return {"gallery": name, "clips": head.clips, "windows": head.windows}


@contextmanager
def _opened(data: Path, catalog: str | None) -> Iterator["Stores"]:
    """The stores of a data folder, closed with the block; other settings come from SIGHTSOUND_… variables.

    Raises SettingsInvalid where there is no data folder.
    """
    from index.stores import Stores
    from service.settings import Settings

    if not (data / "catalog.sqlite").is_file() and not (data / "bundles").is_dir():
        raise SettingsInvalid(
            f"{data} holds neither catalog.sqlite nor bundles, expected a data folder such as `sightsound demo` makes"
        )
    stores = Stores.open(data, catalog, Settings(data=data, catalog=catalog).vectors)
    try:
        yield stores
    finally:
        stores.close()
