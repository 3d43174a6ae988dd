"""The `sightsound backbone` command: what a data folder makes features with, and how it comes there."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import QueryInvalid
from sightsound.commands.outcome import done
from sightsound.commands.reach import FOLDER, AsJson, Folder
from sightsound.encoders import bench, list_all, verify
from sightsound.joining import join
from sightsound.published import import_network, train
from sightsound.pulling import pull
from sightsound.words import import_vectors

if TYPE_CHECKING:
    from training.classifiers.frontend import Scaling
    from training.classifiers.importing import Reading

SHORTER_SIDE = 256 / 224
"""Of the shorter side to the square in its middle, as classifiers of pictures are usually tested."""

app = typer.Typer(name="backbone", help="Show, check, measure, bring and train backbones.", add_completion=False)
app.command("list")(list_all)
app.command("verify")(verify)
app.command("bench")(bench)
app.command("import-network")(import_network)
app.command("train")(train)
app.command("words")(import_vectors)
app.command("pull")(pull)
app.command("join")(join)


@app.callback()
def _commands() -> None:
    """Show, check, measure, bring and train backbones."""


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A classifier of sound or of pictures, as ONNX.")],
    sense: Annotated[str, typer.Option(help="audio or video.")],
    classes: Annotated[Path, typer.Option(help="Its classes: a name a line, or a csv with a column display_name.")],
    data: Folder = FOLDER,
    rate: Annotated[float | None, typer.Option(help="Samples a second, or frames; by default 16000, or 1.")] = None,
    size: Annotated[int, typer.Option(min=1, help="Of video: the side of its square frames.")] = 224,
    output: Annotated[
        str | None, typer.Option(help="NAME:KIND, KIND one of probabilities, sigmoid, softmax; see the documentation.")
    ] = None,
    mean: Annotated[str | None, typer.Option(help="Of video that is no bytes: red, green and blue in [0, 1].")] = None,
    std: Annotated[str | None, typer.Option(help="As --mean: what is divided by.")] = None,
    licence: Annotated[str, typer.Option(help="What its makers allow; kept in its card.")] = "not stated",
    as_json: AsJson = False,
) -> None:
    """Import a classifier: a backbone whose feature is the probabilities of its named classes."""
    from training.classifiers.importing import import_classifier

    reading = _reading(sense, classes, rate=rate, size=size, output=output, scaling=_scaling(mean, std))
    card = import_classifier(file, data / "backbones", reading, licence=licence)
    said = f"The backbone {card.ref} tells {card.width} classes apart by {card.sense}."
    done(said, {"backbone": card.ref, "width": card.width}, as_json=as_json)


def _reading(
    sense: str, classes: Path, *, rate: float | None, size: int, output: str | None, scaling: "Scaling | None"
) -> "Reading":
    from models.media.media import FrameSpec, SoundSpec
    from training.classifiers.importing import Reading
    from training.classifiers.names import read_names

    if sense not in ("audio", "video"):
        raise QueryInvalid(f"--sense {sense!r} is none; expected audio or video")
    if rate is not None and not rate >= (1 if sense == "audio" else 0.01):
        raise QueryInvalid(f"--rate {rate} is too low; expected samples or frames a second")
    frames = FrameSpec(rate=rate or 1.0, size=size, shorter_side=round(size * SHORTER_SIDE))
    takes = SoundSpec(round(rate or 16_000)) if sense == "audio" else frames
    return Reading(read_names(classes), takes, output, scaling)


def _scaling(mean: str | None, std: str | None) -> "Scaling | None":
    from training.classifiers.frontend import Scaling

    if (mean is None) != (std is None):
        raise QueryInvalid("--mean and --std go together; found one of them")
    return None if mean is None or std is None else Scaling(_colours(mean, "--mean"), _colours(std, "--std"))


def _colours(text: str, option: str) -> tuple[float, float, float]:
    try:
        red, green, blue = map(float, text.split(","))
    except ValueError as error:
        raise QueryInvalid(f"{option} {text!r} is not three numbers with commas between") from error
    return red, green, blue
