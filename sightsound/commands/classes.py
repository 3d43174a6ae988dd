"""Classification from the command line, and the vocabularies that it chooses from."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from models.errors import QueryInvalid
from sightsound.commands.outcome import done
from sightsound.commands.reach import FOLDER, MISSED, AsJson, Data, Gallery, K, Key, Server, reached
from sightsound.commands.transfers import shown

Name = Annotated[str, typer.Argument(help="The vocabulary's name.")]

app = typer.Typer(name="vocabulary", help="Keep lists of classes to classify clips by.")


def classify(
    clips: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="Files with sound, pictures or both.")
    ],
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", metavar="NAME", help="A class, repeated for each; by default the bundle's vocabulary."),
    ] = None,
    vocabulary: Annotated[str | None, typer.Option(help="The name of a stored vocabulary, in place of them.")] = None,
    calibration: Annotated[
        str, typer.Option(help="What is taken off the scores of seen classes: on, off or a number.")
    ] = "on",
    abstain_below: Annotated[
        float | None, typer.Option(min=0, help="Abstain where the winner is less above the runner-up.")
    ] = None,
    gallery: Gallery = None,
    k: K = 10,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> int:
    """Tell what clips show, among classes of any words; exit status 1 if one of several could not be used."""
    from sightsound.asking import Choosing
    from sightsound.commands import class_tables as tables
    from sightsound.commands.tables import say

    beta = _beta(calibration)
    with reached(server, key, data) as client, shown(f"Sending {_named(clips)}") as told:
        if len(clips) > 1:
            choosing = Choosing(classes, vocabulary, beta, k, abstain_below=abstain_below)
            found = client.classify_files(clips, choosing, gallery=gallery, told=told)
        else:
            one = client.classify(
                clips[0],
                classes,
                gallery=gallery,
                vocabulary=vocabulary,
                calibration=beta,
                k=k,
                abstain_below=abstain_below,
                told=told,
            )
    if len(clips) == 1:
        say(one, tables.of_one(one), as_json=as_json)
        return 0
    say(found, tables.of_several(found), as_json=as_json)
    return MISSED if any(each.problem for each in found.answers) else 0


@app.command("list")
def list_all(server: Server = None, key: Key = None, data: Data = FOLDER, as_json: AsJson = False) -> None:
    """Show the vocabularies that are kept."""
    from sightsound.commands.class_tables import of_vocabularies
    from sightsound.commands.tables import say

    with reached(server, key, data) as client:
        found = list(client.vocabularies())
    say(found, of_vocabularies(found), as_json=as_json)


@app.command()
def show(name: Name, server: Server = None, key: Key = None, data: Data = FOLDER, as_json: AsJson = False) -> None:
    """Show the classes of a vocabulary, and which of them count as seen."""
    from sightsound.commands.class_tables import of_vocabulary
    from sightsound.commands.tables import say

    with reached(server, key, data) as client:
        found = client.vocabulary(name)
    say(found, of_vocabulary(found), as_json=as_json)


@app.command("set")
def replace(
    name: Name,
    classes: Annotated[list[str] | None, typer.Argument(help="Its classes, one an argument.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", exists=True, dir_okay=False, help="A text of a class a line, or JSON as the API takes it."
        ),
    ] = None,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Make a vocabulary, or replace its classes."""
    from sightsound.commands.class_tables import of_vocabulary
    from sightsound.commands.tables import say

    if bool(classes) == (file is not None):
        raise QueryInvalid("expected classes, or --file FILE")
    flags: dict[str, bool | None] = dict.fromkeys(classes or ()) if file is None else _read(file)
    with reached(server, key, data) as client:
        found = client.set_vocabulary(name, flags)
    say(found, of_vocabulary(found), as_json=as_json)


@app.command()
def delete(name: Name, server: Server = None, key: Key = None, data: Data = FOLDER, as_json: AsJson = False) -> None:
    """Delete a vocabulary."""
    with reached(server, key, data) as client:
        client.remove_vocabulary(name)
    done(f"The vocabulary {name} is deleted.", {"vocabulary": name}, as_json=as_json)


def _named(clips: Sequence[Path]) -> str:
    return clips[0].name if len(clips) == 1 else f"{len(clips)} files"


def _read(file: Path) -> dict[str, bool | None]:
    """The classes of a file, each with whether it counts as seen; raises QueryInvalid."""
    text = file.read_text()
    if not text.lstrip().startswith(("{", "[")):
        return dict.fromkeys(each.strip() for each in text.splitlines() if each.strip())
    try:
        found = json.loads(text)
        listed = found["classes"] if isinstance(found, dict) else found
        pairs = [(each, None) if isinstance(each, str) else (each["name"], each.get("seen")) for each in listed]
        return dict(pairs)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise QueryInvalid(f"{file}: expected classes as the API takes them, a list of names or of objects") from error


def _beta(calibration: str) -> Literal["on", "off"] | float:
    if calibration in ("on", "off"):
        return "on" if calibration == "on" else "off"
    try:
        return float(calibration)
    except ValueError as error:
        raise QueryInvalid(f"--calibration: found {calibration!r}, expected on, off or a number") from error
