"""`sightsound backbone list`, `verify` and `bench`: what a data folder makes features with, and how good it is."""

import json
from collections.abc import Mapping
from typing import Annotated

import typer

from sightsound.commands.reach import FOLDER, MISSED, AsJson, Folder

Names = Annotated[list[str] | None, typer.Argument(help="NAME or NAME@VERSION; by default all there are.")]


def list_all(data: Folder = FOLDER, as_json: AsJson = False) -> int:
    """Show the backbones and text encoders there are; exit status 1 if the card of one cannot be read."""
    from rich.console import Console

    from sightsound import encoder_tables as tables
    from sightsound.encoder_listing import listing

    found, wrong = listing(data)
    Console().print(tables.listing_json(found) if as_json else tables.listing(found), soft_wrap=as_json)
    for error in wrong:
        typer.echo(str(error), err=as_json)
    return MISSED if wrong else 0


def verify(names: Names = None, data: Folder = FOLDER, as_json: AsJson = False) -> int:
    """Check files against cards, and run each graph twice on noise; exit status 1 if anything is wrong."""
    from models.errors import SightsoundError
    from sightsound.encoder_checks import check
    from sightsound.encoder_listing import chosen

    failed = False
    for place in chosen(data, names or ()):
        try:
            card = check(place)
        except SightsoundError as error:
            failed, problem = True, " ".join(str(error).split())
            typer.echo(_line({"name": place.name, "problem": problem}) if as_json else f"{place.name}: {problem}")
        else:
            found = f"{card.ref}: as its card says, {card.width} finite numbers, twice the same"
            typer.echo(_line({"name": card.ref, "problem": None}) if as_json else found)
    return MISSED if failed else 0


def bench(
    names: Names = None,
    data: Folder = FOLDER,
    window: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds of noise.")] = 10.0,
    runs: Annotated[int, typer.Option(min=1, help="How many are timed.")] = 5,
    threads: Annotated[int, typer.Option(min=1, help="Of one run.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Measure how long backbones take for a window, and with how much memory."""
    from rich.console import Console

    from sightsound import encoder_tables as tables
    from sightsound.encoder_listing import BACKBONE, chosen
    from sightsound.encoder_speed import bench as measure
    from sightsound.progress import Steps

    wanted = [place for place in chosen(data, names or ()) if names or (place / BACKBONE).exists()]
    with Steps(Console(stderr=True)) as steps, steps.step("Running backbones", len(wanted)) as step:
        found = []
        for place in wanted:
            found.append(measure(place, window_s=window, runs=runs, threads=threads))
            step.advance(place.name)
    Console().print(tables.speeds_json(found) if as_json else tables.speeds(found), soft_wrap=as_json)


def _line(told: Mapping[str, str | None]) -> str:
    return json.dumps(told, ensure_ascii=False)
