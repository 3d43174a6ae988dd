"""`sightsound bundle from-pretrained`: a bundle of the shared spaces that were pulled into a data folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import DataMissing
from sightsound.commands.outcome import done
from sightsound.commands.reach import FOLDER, AsJson, Folder

if TYPE_CHECKING:
    from models.features.card import BackboneCard, TextCard
    from models.types import Sense


def from_pretrained(
    data: Folder = FOLDER,
    name: Annotated[str, typer.Option(help="The bundle's.")] = "pretrained",
    audio: Annotated[
        str | None, typer.Option(help="NAME@VERSION of the backbone of sound; by default the only one pulled.")
    ] = None,
    video: Annotated[str | None, typer.Option(help="The same of pictures.")] = None,
    classes: Annotated[
        Path | None, typer.Option(help="Names to classify by where none are asked for: a name a line.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a bundle of pulled shared spaces: clips are searched by words with nothing trained."""
    from sightsound.outputs import new_bundle
    from training.classifiers.names import read_names
    from training.hub.bundle import bundle_from_pretrained

    folder, backbones = new_bundle(data, name), data / "backbones"
    # Text parts come in ClipClap's order, CLIP before CLAP.
    chosen = _chosen(backbones, {"video": video, "audio": audio})
    text = _text(backbones, chosen)
    vocabulary = read_names(classes) if classes is not None else ()
    manifest = bundle_from_pretrained(folder, chosen, text, _columns(chosen), vocabulary=vocabulary)
    routes = sorted(manifest.routes)
    said = f"The bundle {manifest.name} has the routes {', '.join(routes)}."
    done(said, {"bundle": manifest.name, "routes": routes}, as_json=as_json)


def _chosen(folder: Path, asked: "Mapping[Sense, str | None]") -> "dict[Sense, BackboneCard]":
    """The chosen backbone of each sense, or the only one that shares its space with a text encoder."""
    from sightsound.chosen_encoders import chosen_cards

    found = chosen_cards(folder, asked, kind="shared space", fits=lambda card: card.text_encoder is not None)
    if not found:
        raise DataMissing(f"there is no pre-trained shared space in {folder}; `sightsound backbone pull` fetches one")
    return found


def _text(folder: Path, chosen: "Mapping[Sense, BackboneCard]") -> "TextCard":
    """The text encoder of the only space, or those of both joined, which is made where it is not there."""
    from models.features.card import read_text_card
    from training.joining import join

    parts = [str(card.text_encoder) for card in chosen.values()]
    if len(parts) > 1:
        return join(folder, parts, name="-and-".join(card.name for card in chosen.values()))
    return read_text_card(folder / parts[0] / "text_encoder.json")


def _columns(chosen: "Mapping[Sense, BackboneCard]") -> "dict[Sense, tuple[int, int]]":
    """Where in the text feature each sense's space is: side by side, each as wide as its sense's feature."""
    columns: dict[Sense, tuple[int, int]] = {}
    start = 0
    for sense, card in chosen.items():
        columns[sense] = (start, start + card.width)
        start += card.width
    return columns
