"""A bundle of the classifiers of a data folder, with the text encoder that reads their classes' names."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from models.bundle.manifest import Manifest
from models.errors import DataMissing
from models.features.card import BackboneCard
from models.features.text import TextEncoder
from models.types import Sense
from sightsound.chosen_encoders import chosen_cards, text_encoder
from sightsound.demo_making import fetch_text_encoder
from sightsound.outputs import new_bundle
from sightsound.progress import Steps
from training.classifiers.bundle import bundle_from_classifiers


def make(
    data: Path,
    *,
    name: str,
    text: str | None,
    chosen: Mapping[Sense, str | None],
    prompts: Mapping[Sense, str],
    top: int,
    console: Console,
) -> Manifest:
    """Write the bundle `name` of a data folder; its text encoder is fetched where the folder has none.

    Args:
        chosen: by sense, `name@version` of a classifier; None takes the only one, if there is one.
        text: the same of the text encoder.

    Raises:
        DataMissing: the folder has no classifier, or not the chosen one.
        QueryInvalid: it has several and none is chosen; the bundle's name, or a prompt, cannot be.
        Conflict: there is a bundle of that name.
        DependencyMissing: there is no text encoder, and none can be fetched.
    """
    folder = new_bundle(data, name)
    backbones = data / "backbones"
    found = _classifiers(backbones, chosen)
    with Steps(console) as steps:
        encoder = _text_encoder(backbones, text, steps)
        with steps.step("Reading the classes", 1):
            return bundle_from_classifiers(folder, found, encoder, prompts=prompts, top=top)


def _classifiers(folder: Path, chosen: Mapping[Sense, str | None]) -> dict[Sense, BackboneCard]:
    """The chosen card of each sense, or the only one whose feature is named classes."""
    found = chosen_cards(folder, chosen, kind="classifier", fits=lambda card: bool(card.classes))
    if not found:
        raise DataMissing(f"there is no classifier in {folder}; `sightsound backbone import` makes a file one")
    return found


def _text_encoder(folder: Path, asked: str | None, steps: Steps) -> TextEncoder:
    """The asked or only one in the folder; all-MiniLM-L6-v2 is fetched into it where there is none."""
    place = text_encoder(folder, asked)
    return fetch_text_encoder(folder, steps=steps) if place is None else TextEncoder.open(place)
