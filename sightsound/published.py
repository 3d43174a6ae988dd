"""`sightsound backbone import-network` and `train`: the papers' networks, from checkpoints and on one's own clips."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from models.errors import QueryInvalid
from sightsound.commands.outcome import done
from sightsound.commands.reach import FOLDER, AsJson, Device, Folder

TRAINABLE = "kumar"


def import_network(
    network: Annotated[
        str, typer.Argument(help="vggish, kumar, selavi-resnet9, selavi-r2plus1d-18, c3d or i3d.", show_default=False)
    ],
    checkpoint: Annotated[Path, typer.Argument(help="Its authors' file: see docs/backbones.md.", show_default=False)],
    finish: Annotated[
        Literal["raw", "whitened", "quantised"] | None, typer.Option(help="Of vggish: rows; raw by default.")
    ] = None,
    pca: Annotated[Path | None, typer.Option(help="Of vggish, unless raw: vggish_pca_params, .npz or .pth.")] = None,
    layer: Annotated[
        Literal["fc6", "fc7"] | None, typer.Option(help="Of c3d: whose output a row is; fc7 by default.")
    ] = None,
    light: Annotated[
        Literal["avca", "plain"] | None, typer.Option(help="Of c3d: how frames are shown; avca by default.")
    ] = None,
    data: Folder = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Import a published network: a backbone of its authors' checkpoint."""
    from models.bundle.senses import said
    from training.backbones.published import import_network as write

    given = {"finish": finish, "pca": pca, "layer": layer, "light": light}
    options = {name: value for name, value in given.items() if value is not None}
    card = write(network, checkpoint, data / "backbones", options=options)
    what = f"The backbone {card.ref} reads {said([card.sense])}; its features have {card.width:,} numbers."
    done(what, {"backbone": card.ref, "width": card.width}, as_json=as_json)


def train(
    network: Annotated[str, typer.Argument(help="kumar.", show_default=False)],
    clips: Annotated[Path, typer.Option(help="A csv of path, label and perhaps split (train, val, test).")],
    data: Folder = FOLDER,
    name: Annotated[str, typer.Option(help="The backbone's; it becomes NAME@1.")] = "kumar-own",
    separator: Annotated[str | None, typer.Option(help="What stands between several labels of a clip.")] = None,
    start: Annotated[Path | None, typer.Option(help="A checkpoint to go on from; by default from nothing.")] = None,
    weights: Annotated[Path | None, typer.Option(help="A file for the trained weights.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="How often every clip is shown.")] = 20,
    batch: Annotated[int, typer.Option(min=1, help="Windows a step.")] = 16,
    learning_rate: Annotated[float, typer.Option(min=1e-6, max=1.0, help="The highest; it rises and falls.")] = 1e-3,
    seed: Annotated[int, typer.Option(min=0, help="The same seed and clips give the same weights.")] = 0,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Train a backbone of sound on your own clips, each labelled by what is heard somewhere in it."""
    if network != TRAINABLE:
        raise QueryInvalid(f"there is no network {network!r} to train; there is {TRAINABLE}")
    from rich.console import Console

    from models.cores import cores
    from sightsound.backbone_training import train_backbone
    from training.backbones.fit import Schedule
    from training.backbones.weak_labels import Plan
    from training.device import device as found_device

    schedule = Schedule(epochs=epochs, batch=batch, learning_rate=learning_rate)
    plan = Plan(schedule, seed=seed, threads=cores(), device=found_device(device))
    console = Console(stderr=as_json)
    result = train_backbone(
        clips, plan, data=data, name=name, separator=separator, start=start, weights=weights, console=console
    )
    card, figures = result.card, "".join(f"{figure}: {value:.1%}\n" for figure, value in result.figures.items())
    what = f"{figures}The backbone {card.ref} reads sound; its features have {card.width:,} numbers."
    done(what, {"backbone": card.ref, "width": card.width, "figures": dict(result.figures)}, as_json=as_json)
