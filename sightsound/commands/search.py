"""Searches from the command line."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

import typer

from models.errors import QueryInvalid
from sightsound.choices import Asked
from sightsound.commands.reach import FOLDER, AsJson, Data, Gallery, K, Key, Server, chosen, reached
from sightsound.commands.transfers import shown

if TYPE_CHECKING:
    from pydantic import JsonValue

    from sightsound.asking import Only

EXAMPLE = '[{"path": ["year"], "is": "lt", "value": 2000}]'


class _How(TypedDict):
    """What the client is told of a search, whatever it is by."""

    k: int
    only: "Only"
    explain: bool
    moments: int


def search(
    words: Annotated[str | None, typer.Argument(help="A class name or any words.")] = None,
    clip: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A file to search with, in place of words.")
    ] = None,
    from_: Annotated[Asked | None, typer.Option("--from", help="What of the clip to search with.")] = None,
    to: Annotated[Asked | None, typer.Option(help="What of the gallery's clips to compare with.")] = None,
    like: Annotated[list[str] | None, typer.Option(metavar="ID", help="A clip of the gallery: more like it.")] = None,
    unlike: Annotated[list[str] | None, typer.Option(metavar="ID", help="The same: less like it.")] = None,
    gallery: Gallery = None,
    k: K = 10,
    by: Annotated[Literal["window", "clip"], typer.Option(help="What a hit is.")] = "window",
    label: Annotated[
        list[str] | None, typer.Option(metavar="LABEL", help="Only clips with it; repeated: with any of these.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(metavar="JSON", help="Only clips whose metadata meets these conditions, a JSON list.")
    ] = None,
    among: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only the clip of this id; repeated: only these.")
    ] = None,
    min_duration: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Only clips that last so long or longer.")
    ] = None,
    max_duration: Annotated[float | None, typer.Option(metavar="SECONDS", help="The same: or shorter.")] = None,
    moments: Annotated[
        int, typer.Option(min=0, max=10, help="With --by clip: so many further moments of each clip.")
    ] = 0,
    min_score: Annotated[float | None, typer.Option(help="Only hits of this score or a higher one.")] = None,
    min_probability: Annotated[float | None, typer.Option(help="The same of their probability, 0 to 1.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say of each hit why it was found.")] = False,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Find what is nearest to words, to a clip, or to clips of the gallery."""
    from sightsound.asking import Only, Query
    from sightsound.commands.explanations import of_answer
    from sightsound.commands.tables import say

    by_clip, by_others = clip is not None, words is not None or bool(like)
    if by_clip == by_others or (by_clip and unlike):
        raise QueryInvalid("expected words, --clip FILE or --like ID; --like and --unlike go with words too")
    only = Only(
        by=by,
        label=label or (),
        where=_conditions(where),
        among=among or (),
        min_score=min_score,
        min_probability=min_probability,
        min_duration_s=min_duration,
        max_duration_s=max_duration,
    )
    how: _How = {"k": k, "only": only, "explain": explain, "moments": moments}
    with reached(server, key, data) as client:
        name = chosen(client, gallery)
        if clip is not None:
            with shown(f"Sending {clip.name}") as told:
                found = client.search_clip(name, clip, from_=_source(from_, to), to=to, told=told, **how)
        else:
            asked = () if words is None else (Query(text=words),)
            found = client.search_by(name, *asked, like=like or (), unlike=unlike or (), from_=from_, to=to, **how)
    say(found, of_answer(found), as_json=as_json)


def _source(from_: Asked | None, to: Asked | None) -> Asked:
    """What a clip is searched with: the other of what is looked for, unless it is said."""
    if from_ is not None or to is None:
        return from_ or "audio"
    other: dict[Asked, Asked] = {"audio": "video", "video": "audio", "av": "av"}
    return other[to]


def _conditions(where: str | None) -> "Sequence[Mapping[str, JsonValue]]":
    """As they were written; the service says what conditions are."""
    try:
        found = json.loads(where or "[]")
    except ValueError as error:
        raise QueryInvalid(f"--where: found {where!r} ({error}), expected a JSON list such as {EXAMPLE}") from error
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise QueryInvalid(f"--where: found {where!r}, expected a JSON list such as {EXAMPLE}")
    return found
