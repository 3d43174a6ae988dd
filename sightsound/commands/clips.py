"""The `sightsound clip` command: clips of a gallery listed, shown, fetched and deleted."""

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from sightsound.commands.reach import FOLDER, MISSED, AsJson, Data, Gallery, Key, Server, chosen, reached
from sightsound.commands.transfers import opened, said, shown

app = typer.Typer(name="clip", help="List, show, fetch and delete the clips of a gallery.")
ClipId = Annotated[str, typer.Argument(help="The clip's id.")]


@app.command("list")
def list_all(
    label: Annotated[str | None, typer.Option(help="Only clips with it.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    gallery: Gallery = None,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Show clips in the order they were added."""
    from sightsound.commands.clip_tables import of_clips
    from sightsound.commands.tables import say

    with reached(server, key, data) as client:
        every = client.clips(chosen(client, gallery), label=label, at_once=min(limit, 1000))
        found = list(islice(every, limit))
    say(found, of_clips(found), as_json=as_json)


@app.command()
def show(
    clip: ClipId,
    gallery: Gallery = None,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Show all that is known of a clip."""
    from sightsound.commands.clip_tables import of_clip
    from sightsound.commands.tables import say

    with reached(server, key, data) as client:
        found = client.clip(chosen(client, gallery), clip)
    say(found, of_clip(found), as_json=as_json)


@app.command()
def download(
    clip: ClipId,
    file: Annotated[Path, typer.Argument(help="The file to write; - is the standard output.")],
    preview: Annotated[bool, typer.Option("--preview", help="What browsers play of it, in place of its file.")] = False,
    gallery: Gallery = None,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Fetch the file of a clip; what was at its place stays until all of it has come."""
    with reached(server, key, data) as client:
        found = client.clip(chosen(client, gallery), clip)
        fetch = client.preview if preview else client.media
        with shown(f"Fetching {found.name}") as told:
            fetch(found, opened(file), told=told)
    said(found.name, file, as_json=as_json)


@app.command()
def delete(
    clips: Annotated[list[str], typer.Argument(help="The clips' ids.")],
    gallery: Gallery = None,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> int:
    """Delete clips, all at once; exit status 1 if one was not there."""
    with reached(server, key, data) as client:
        found = client.remove_clips(chosen(client, gallery), clips)
    for each in found.missing:
        typer.echo(f"{each} was not there", err=True)
    gone = f"{len(found.removed)} of {len(clips)} clips are deleted."
    typer.echo(found.model_dump_json(indent=2) if as_json else gone)
    return MISSED if found.missing else 0
