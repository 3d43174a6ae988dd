"""The `sightsound ingest` command: files, folders and csv lists put into a gallery."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import QueryInvalid
from sightsound.commands.reach import FOLDER, MISSED, AsJson, Data, Gallery, Key, Server, chosen, reached

if TYPE_CHECKING:
    from models.media.collection import Item
    from sightsound.client import Client

Told = dict[str, str | bool]
"""What became of one clip."""


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files, folders, or csv lists of path and label.")],
    label: Annotated[
        list[str] | None, typer.Option(metavar="LABEL", help="What all of them show, repeated for each.")
    ] = None,
    gallery: Gallery = None,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> int:
    """Put clips into a gallery, each found as soon as it is there; exit status 1 if one could not be."""
    from rich.console import Console

    from sightsound.progress import Steps

    items = [item for path in paths for item in _items(path)]
    if not items:
        raise QueryInvalid(f"there are no clips in {', '.join(map(str, paths))}")
    told: list[Told] = []
    try:
        with reached(server, key, data) as client, Steps(Console(stderr=True)) as steps:
            name = chosen(client, gallery)
            with steps.step(f"Adding to {name}", len(items)) as bar:
                for item in items:
                    told.append(_added(client, name, item, label or ()))
                    bar.advance(item.name)
    except BaseException:
        if told:  # what has been done is said, whatever ends it
            _said(name, told, of=len(items), as_json=as_json)
        raise
    return _said(name, told, of=len(items), as_json=as_json)


def _items(path: Path) -> "Iterator[Item]":
    from models.media.collection import Item, listed

    if path.is_dir() or path.suffix.lower() == ".csv":
        return listed(path)
    if not path.is_file():
        raise QueryInvalid(f"found no file and no folder at {path}")
    return iter([Item(str(path), path.name)])


def _added(client: "Client", gallery: str, item: "Item", labels: Sequence[str]) -> Told:
    """What became of one clip; a service that cannot be reached ends it all, one clip that cannot be used does not."""
    import httpx

    from sightsound.client import ServiceRefused

    if item.problem is not None:
        return {"name": item.name, "problem": item.problem}
    try:
        clip = client.add_clip(gallery, item.path, [*item.labels, *labels], metadata=item.metadata)
    except ServiceRefused as refused:
        return {"name": item.name, "problem": refused.problem.detail}
    except httpx.TransportError:
        raise
    except OSError as error:
        return {"name": item.name, "problem": error.strerror or str(error)}
    return {"name": item.name, "clip": clip.id, "is_new": clip.is_new is not False}


def _said(gallery: str, told: Sequence[Told], *, of: int, as_json: bool) -> int:
    failed = [each for each in told if "problem" in each]
    if as_json:
        typer.echo(json.dumps({"gallery": gallery, "clips": told}, ensure_ascii=False, indent=2))
    else:
        for each in failed:
            typer.echo(f"{each['name']}: {each['problem']}", err=True)
        typer.echo(f"{len(told) - len(failed)} of {of} clips are in the gallery {gallery}.{_stayed(told)}")
    return MISSED if failed else 0


def _stayed(told: Sequence[Told]) -> str:
    """What was said of a clip that was there is not what it has: that is for `Client.change_clip`."""
    there = sum(each.get("is_new") is False for each in told)
    return f" There before, their labels and metadata unchanged: {there}." if there else ""
