"""What backbones and text encoders a data folder has."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from models.bundle.manifest import Manifest
from models.errors import BundleInvalid, DataMissing
from models.features.card import BackboneCard, EncoderCard, read_card, read_text_card
from models.media.media import FrameSpec
from models.types import Modality

BACKBONE, TEXT_ENCODER = "backbone.json", "text_encoder.json"


@dataclass(frozen=True, slots=True)
class Encoder:
    """A backbone or text encoder of a data folder, by its card.

    Args:
        size_bytes: of all its files.
        bundles: the names of the bundles that need it.
    """

    folder: Path
    card: EncoderCard
    size_bytes: int
    bundles: tuple[str, ...]

    @property
    def modality(self) -> Modality:
        """What it makes features of."""
        return self.card.sense if isinstance(self.card, BackboneCard) else "text"

    @property
    def takes(self) -> str:
        """What it is given, for people."""
        if not isinstance(self.card, BackboneCard):
            return "words"
        takes = self.card.takes
        if isinstance(takes, FrameSpec):
            return f"{takes.rate:g} a second, {takes.size} x {takes.size} of {takes.shorter_side}"
        return f"{takes.rate:,} Hz"


def places(data: Path) -> list[Path]:
    """The folders of all encoders, in the order of their names."""
    cards = [path for name in (BACKBONE, TEXT_ENCODER) for path in (data / "backbones").glob(f"*/{name}")]
    return sorted({path.parent for path in cards if not path.parent.name.startswith(".")})


def chosen(data: Path, names: Sequence[str]) -> list[Path]:
    """The folders of the encoders that are named, by NAME or NAME@VERSION; all of them where none is.

    Raises:
        DataMissing: there is none, or none of such a name; those there are are named.
    """
    there = places(data)
    if not there:
        raise DataMissing(
            f"there is no backbone in {data / 'backbones'}; `sightsound backbone import` makes a file one"
        )
    known = {place: _names(place) for place in there}
    if unknown := [name for name in names if not any(name in each for each in known.values())]:
        listed = ", ".join(place.name for place in there)
        raise DataMissing(f"there is no backbone {unknown[0]} in {data / 'backbones'}; there are {listed}")
    return [place for place, each in known.items() if not names or each & set(names)]


def read(place: Path) -> EncoderCard:
    """The card in an encoder's folder; raises BundleInvalid where it does not fit."""
    if (place / BACKBONE).exists():
        return read_card(place / BACKBONE, BackboneCard)
    return read_text_card(place / TEXT_ENCODER)


def listing(data: Path) -> tuple[list[Encoder], list[BundleInvalid]]:
    """The encoders of a data folder, and what is wrong with those whose cards cannot be read."""
    found: list[Encoder] = []
    wrong: list[BundleInvalid] = []
    users = _users(data)
    for place in places(data):
        try:
            card = read(place)
        except BundleInvalid as error:
            wrong.append(error)
            continue
        size = sum(each.stat().st_size for each in place.iterdir() if each.is_file())
        found.append(Encoder(place, card, size, tuple(users.get(card.sha256, ()))))
    return found, wrong


def _names(place: Path) -> set[str]:
    """What an encoder may be called; one whose card cannot be read, by its folder alone."""
    folder = {place.name, place.name.partition("@")[0]}
    try:
        card = read(place)
    except BundleInvalid:
        return folder
    return {place.name, card.ref, card.name}


def _users(data: Path) -> Mapping[str, list[str]]:
    """The bundles that name an encoder, by its sha256; what is no bundle names none."""
    users: dict[str, list[str]] = defaultdict(list)
    for path in sorted((data / "bundles").glob("*/bundle.json")):
        try:
            manifest = Manifest.model_validate_json(path.read_bytes())
        except ValidationError:
            continue
        for ref in (*manifest.backbones.values(), manifest.text_encoder):
            users[ref.sha256].append(manifest.name)
    return users
