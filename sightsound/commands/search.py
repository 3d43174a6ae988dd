"""Searches and classification from the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from models.errors import QueryInvalid
from sightsound.asking import Asked, Only, Query
from sightsound.client import Client
from sightsound.commands.reach import FOLDER, AsJson, Data, Gallery, Key, Server, chosen, reached
from sightsound.search_answers import SearchAnswer

K = Annotated[int, typer.Option("-k", min=1, max=100, help="How many at most.")]


def search(
    words: Annotated[str | None, typer.Argument(help="A class name or any words.")] = None,
    clip: Annotated[Path | None, typer.Option(help="A file to search with, in place of words.")] = None,
    from_: Annotated[Asked | None, typer.Option("--from", help="What of the clip to search with.")] = None,
    to: Annotated[Asked | None, typer.Option(help="What of the gallery's clips to compare with.")] = None,
    like: Annotated[list[str] | None, typer.Option(help="The id of a clip of the gallery: more like it.")] = None,
    unlike: Annotated[list[str] | None, typer.Option(help="The same: less like it.")] = None,
    gallery: Gallery = None,
    k: K = 10,
    by: Annotated[Literal["window", "clip"], typer.Option(help="What a hit is.")] = "window",
    label: Annotated[list[str] | None, typer.Option(help="Only clips with it; repeated: with any of these.")] = None,
    min_score: Annotated[float | None, typer.Option(help="Only hits of this score or a higher one.")] = None,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Find what is nearest to words, to a clip, or to clips of the gallery."""
    from sightsound.commands.tables import of_hits, say

    examples, against = tuple(like or ()), tuple(unlike or ())
    if (words is not None) + (clip is not None) + bool(examples and words is None) != 1 or (clip and (like or unlike)):
        raise QueryInvalid("expected words, --clip FILE or --like ID; --like and --unlike go with words too")
    only = Only(by=by, label=label or (), min_score=min_score)
    with reached(server, key, data) as client:
        name = chosen(client, gallery)
        if clip is not None:
            found = client.search_clip(name, clip, from_=_source(from_, to), to=to, k=k, only=only)
        else:
            found = _by_query(client, name, words, examples, against, from_=from_, to=to, k=k, only=only)
    say(found, of_hits(found), as_json=as_json)


def classify(
    clip: Annotated[Path, typer.Argument(help="A file with sound, pictures or both.")],
    classes: Annotated[
        str | None, typer.Option(help="Names with commas between; by default the bundle's vocabulary.")
    ] = None,
    calibration: Annotated[
        str, typer.Option(help="What is taken off the scores of seen classes: on, off or a number.")
    ] = "on",
    gallery: Gallery = None,
    k: K = 10,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Tell what a clip shows, among classes of any words."""
    from sightsound.commands.tables import of_classes, say

    names = None if classes is None else [each.strip() for each in classes.split(",") if each.strip()]
    with reached(server, key, data) as client:
        found = client.classify(clip, names, gallery=gallery, calibration=_beta(calibration), k=k)
    say(found, of_classes(found), as_json=as_json)


def _by_query(
    client: Client,
    gallery: str,
    words: str | None,
    like: Sequence[str],
    unlike: Sequence[str],
    *,
    from_: Asked | None,
    to: Asked | None,
    k: int,
    only: Only,
) -> SearchAnswer:
    queries = () if words is None else (Query(text=words),)
    return client.search_by(gallery, *queries, like=like, unlike=unlike, from_=from_, to=to, k=k, only=only)


def _source(from_: Asked | None, to: Asked | None) -> Asked:
    """What a clip is searched with: the other of what is looked for, unless it is said."""
    if from_ is not None or to is None:
        return from_ or "audio"
    other: dict[Asked, Asked] = {"audio": "video", "video": "audio", "av": "av"}
    return other[to]


def _beta(calibration: str) -> Literal["on", "off"] | float:
    if calibration in ("on", "off"):
        return "on" if calibration == "on" else "off"
    try:
        return float(calibration)
    except ValueError as error:
        raise QueryInvalid(f"--calibration: found {calibration!r}, expected on, off or a number") from error
