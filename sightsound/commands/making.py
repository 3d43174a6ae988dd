"""`sightsound demo` and `train`: bundles made, of a rendered world or of one's own clips."""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sightsound.choices import Precision
from sightsound.commands.outcome import done
from sightsound.commands.reach import FOLDER, MISSED, AsJson, Device


def demo(
    data: Annotated[Path, typer.Option(envvar="SIGHTSOUND_DATA", help="Where the demo is made and kept.")] = FOLDER,
    seed: Annotated[int, typer.Option(min=0, help="Another seed renders another world.")] = 0,
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="Stop after the table; fail if a figure misses.")
    ] = False,
    host: Annotated[str, typer.Option(envvar="SIGHTSOUND_HOST", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="SIGHTSOUND_PORT", help="The port; 0 takes any free one.")] = 8765,
) -> int:
    """Render a small world, train on it, show how well it does, and serve it."""
    from rich.console import Console

    from sightsound.demo import prepare

    report = prepare(data, seed=seed, console=Console())
    if no_serve:
        return 0 if report.holds else MISSED
    _become("serve", "--data", str(data), "--host", host, "--port", str(port))


def _become(*arguments: str) -> NoReturn:
    """Go on as another command in place of this process, without the torch and the heaps that training leaves."""
    started = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1]  # a script, `-m sightsound`, their options
    os.execv(sys.executable, [sys.executable, *started, *arguments])


def train(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or TOML file: see docs/methods.md.")],
    clips: Annotated[Path, typer.Option(help="A csv of path, label and perhaps split (train, val, test).")],
    data: Annotated[
        Path, typer.Option(envvar="SIGHTSOUND_DATA", help="A data folder: its backbones are used, its bundles grow.")
    ] = FOLDER,
    name: Annotated[str | None, typer.Option(help="The bundle's; by default the method's.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="In place of the recipe's.")] = None,
    precision: Annotated[
        Precision | None, typer.Option(help="Of matrix products, in place of the recipe's; heads stay float32.")
    ] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="A file to go on from after an interruption.")] = None,
    device: Device = "cpu",
    audio: Annotated[
        str | None, typer.Option(help="NAME@VERSION of its backbone of sound; by default the one.")
    ] = None,
    video: Annotated[str | None, typer.Option(help="The same of pictures.")] = None,
    text: Annotated[str | None, typer.Option(help="The same of its text encoder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Train a method on your own clips; the bundle can be served from the data folder at once."""
    from rich.console import Console

    from sightsound.train import train as train_recipe

    console = Console(stderr=as_json)
    manifest = train_recipe(
        recipe,
        clips=clips,
        data=data,
        name=name,
        seed=seed,
        precision=precision,
        checkpoint=checkpoint,
        device=device,
        asked={"audio": audio, "video": video, "text": text},
        console=console,
    )
    if manifest is None:  # of several processes, one that is not the first
        return
    routes = sorted(manifest.routes)
    figures = "".join(f"{figure}: {value:.1%}\n" for figure, value in manifest.evaluation.items())
    said = f"{figures}The bundle {manifest.name} has the routes {', '.join(routes)}."
    told = {"bundle": manifest.name, "routes": routes, "figures": dict(manifest.evaluation)}
    done(said, told, as_json=as_json)
