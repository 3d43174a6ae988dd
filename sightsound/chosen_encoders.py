"""The backbones and the text encoder of a data folder that a command is to use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.bundle.senses import said
from models.errors import DataMissing, QueryInvalid
from models.features.backbone import Backbone
from models.features.card import BackboneCard, EncoderCard, JoinedCard, read_card, read_text_card
from models.features.joined import read_parts
from models.features.running import Device
from models.features.text import TextEncoder
from models.types import Modality, Sense

SENSES: tuple[Sense, ...] = ("audio", "video")
Asked = Mapping[Modality, str | None]
"""By modality, `name@version` of an encoder; None takes the only one."""


@dataclass(frozen=True, slots=True)
class Encoders:
    """What turns clips and words into features."""

    backbones: Mapping[Sense, Backbone]
    text: TextEncoder

    @property
    def cards(self) -> dict[Modality, EncoderCard]:
        """What a bundle says of them."""
        cards: dict[Modality, EncoderCard] = {"text": self.text.card}
        return cards | {sense: backbone.card for sense, backbone in self.backbones.items()}


def open_encoders(folder: Path, asked: Asked, *, device: Device = "cpu") -> Encoders:
    """The asked or only backbone of each sense and text encoder of a folder; raises DataMissing, QueryInvalid."""
    paths = sorted(folder.glob("*/backbone.json"))
    found: dict[Sense, Backbone] = {}
    for sense in SENSES:
        of_sense = [path.parent for path in paths if read_card(path, BackboneCard).sense == sense]
        place = _needed(_one(of_sense, asked.get(sense), sense), f"{sense} backbone", folder)
        found[sense] = Backbone.open(place, device=device)
    text = _needed(text_encoder(folder, asked.get("text")), "text encoder", folder)
    return Encoders(found, TextEncoder.open(text, device=device))


def chosen_cards(
    folder: Path, asked: Mapping[Sense, str | None], *, kind: str, fits: Callable[[BackboneCard], bool]
) -> dict[Sense, BackboneCard]:
    """Of each sense the asked or only backbone of a folder that fits, if there is one; `kind` is what such are called.

    Raises:
        DataMissing: an asked one is not there.
        QueryInvalid: of a sense there are several and none is asked for.
    """
    cards = [read_card(path, BackboneCard) for path in sorted(folder.glob("*/backbone.json"))]
    chosen: dict[Sense, BackboneCard] = {}
    for sense, name in asked.items():
        there = [card for card in cards if card.sense == sense and fits(card)]
        wanted = [card for card in there if name in (None, card.ref)]
        refs = ", ".join(card.ref for card in there) or "none"
        if name is not None and not wanted:
            raise DataMissing(f"there is no {kind} {name} of {said([sense])} in {folder}; found {refs}")
        if len(wanted) > 1:
            raise QueryInvalid(f"there are the {kind}s {refs} of {said([sense])} in {folder}; choose one by --{sense}")
        if wanted:
            chosen[sense] = wanted[0]
    return chosen


def text_encoder(folder: Path, asked: str | None) -> Path | None:
    """The folder of the asked text encoder, or of the only one, if there is one.

    Parts of a joined encoder do not count beside it.

    Raises:
        DataMissing: the asked one is not there.
        QueryInvalid: there are several and none is asked for.
    """
    places = [path.parent for path in sorted(folder.glob("*/text_encoder.json"))]
    joined = {part for place in places for part in _parts(place)}
    return _one([place for place in places if asked or place.name not in joined], asked, "text")


def _parts(place: Path) -> tuple[str, ...]:
    card = read_text_card(place / "text_encoder.json")
    return tuple(part.name for part in read_parts(place, card)) if isinstance(card, JoinedCard) else ()


def _one(places: Sequence[Path], asked: str | None, modality: Modality) -> Path | None:
    names = ", ".join(place.name for place in places) or "none"
    wanted = [place for place in places if asked in (None, place.name)]
    if asked is not None and not wanted:
        raise DataMissing(f"there is no {asked} for {modality} among the encoders; found {names}")
    if len(wanted) > 1:
        raise QueryInvalid(f"there are several encoders of {modality}, {names}; choose one by --{modality}")
    return wanted[0] if wanted else None


def _needed(place: Path | None, what: str, folder: Path) -> Path:
    if place is None:
        raise DataMissing(f"there is no {what} in {folder}; `sightsound demo` makes a data folder with all three")
    return place
