"""The `sightsound bundle` command: bundles that need no training, or are made of others."""

from typing import Annotated

import typer

from sightsound.commands.outcome import done
from sightsound.commands.reach import FOLDER, AsJson, Folder
from sightsound.halving import halve
from sightsound.pretrained import from_pretrained

app = typer.Typer(
    name="bundle", help="Make bundles that need no training; list, show and bring bundles.", add_completion=False
)
app.command("from-pretrained")(from_pretrained)
app.command("halve")(halve)


@app.callback()
def _commands() -> None:
    """Make bundles that need no training; list, show and bring bundles."""


@app.command("from-classifiers")
def from_classifiers(
    data: Folder = FOLDER,
    name: Annotated[str, typer.Option(help="The bundle's.")] = "classifiers",
    audio: Annotated[
        str | None, typer.Option(help="NAME@VERSION of the classifier of sound; by default the only one.")
    ] = None,
    video: Annotated[str | None, typer.Option(help="The same of pictures.")] = None,
    text: Annotated[str | None, typer.Option(help="The same of the text encoder.")] = None,
    audio_prompt: Annotated[str, typer.Option(help="A class of sound in words; {} is its name.")] = "the sound of {}",
    video_prompt: Annotated[str, typer.Option(help="The same of pictures.")] = "a picture of {}",
    top: Annotated[int, typer.Option(min=1, help="How many of the likeliest classes are combined.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Make a bundle of the classifiers of a data folder: clips are searched by words with nothing trained."""
    from rich.console import Console

    from sightsound.classifiers import make

    manifest = make(
        data,
        name=name,
        text=text,
        chosen={"audio": audio, "video": video},
        prompts={"audio": audio_prompt, "video": video_prompt},
        top=top,
        console=Console(stderr=as_json),
    )
    routes = sorted(manifest.routes)
    said = f"The bundle {manifest.name} has the routes {', '.join(routes)}."
    done(said, {"bundle": manifest.name, "routes": routes}, as_json=as_json)
