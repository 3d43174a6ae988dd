"""A shared space's files of the hub as a backbone and a text encoder of a data folder."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import numpy as np

from models.errors import BundleInvalid, Conflict
from models.features.backbone import Backbone
from models.features.card import BackboneCard, EncoderCard, TextEncoderCard, checked_bytes, read_card
from models.features.rows import Rows
from models.features.text import TextEncoder
from models.media.media import FrameSpec, Media, SoundSpec
from models.types import F32
from training.hub.catalogue import PREPROCESSOR, TEXT, TOKENIZER, Pretrained
from training.hub.pictures import frames_taken, picture_graph
from training.hub.sound import SECONDS, sound_graph, sound_taken
from training.hub.words import MAX_TOKENS, text_graph
from training.writing import write_whole

CARD, TEXT_CARD = "backbone.json", "text_encoder.json"
GRAPH = "graph.onnx"
SLACK = 1e-3
"""How far from 1 the length of a row may be by rounding."""
NO_SOUND, NO_PICTURES = SoundSpec(8000), FrameSpec(rate=1, size=2, shorter_side=2)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the two encoders of a shared space are, in a folder of backbones: `name@commit` and `name-text@commit`."""

    backbones: Path
    name: str
    commit: str

    @property
    def version(self) -> str:
        """The start of the commit."""
        return self.commit[:12]

    @property
    def media(self) -> Path:
        """The backbone's folder."""
        return self.backbones / f"{self.name}@{self.version}"

    @property
    def text(self) -> Path:
        """The text encoder's folder."""
        return self.backbones / f"{self.name}-text@{self.version}"


def kept(place: Place) -> bool:
    """Whether both encoders are there, whole and unchanged; raises BundleInvalid where one is damaged."""
    if not (place.media / CARD).is_file() or not (place.text / TEXT_CARD).is_file():
        return False
    card = read_card(place.media / CARD, BackboneCard)
    checked_bytes(place.media / card.file, card.sha256)
    text = read_card(place.text / TEXT_CARD, TextEncoderCard)
    checked_bytes(place.text / text.file, text.sha256)
    checked_bytes(place.text / text.tokenizer, text.tokenizer_sha256)
    return True


def write_backbone(place: Place, entry: Pretrained, files: Mapping[str, Path]) -> BackboneCard:
    """The network of sound or pictures with its front end, after it ran on noise; what is there already stays.

    Raises:
        BundleInvalid: the files are no network of the kind that the catalogue says.
        Conflict: something else is in the folder's place.
    """
    config = _config(files[PREPROCESSOR])
    make, takes, rows = (
        (picture_graph, frames_taken, Rows("frame"))
        if entry.kind == "clip"
        else (sound_graph, sound_taken, Rows("stretch", SECONDS, SECONDS))
    )
    graph = make(files[entry.media].read_bytes(), name=entry.media, config=config, width=entry.width)
    card = BackboneCard(
        name=place.name,
        version=place.version,
        sense=entry.sense,
        takes=takes(config),
        rows=rows,
        batch="rows" if entry.kind == "clip" else "none",
        text_encoder=place.text.name,
        **_shared(entry, place, graph),
    )

    def fill(folder: Path) -> None:
        _write(folder, card, CARD, {GRAPH: graph})
        _check_rows(Backbone.open(folder).rows(_noise(card)), card)

    _write_folder(place.media, fill)
    return card


def write_text(place: Place, entry: Pretrained, files: Mapping[str, Path]) -> TextEncoderCard:
    """The network of words and its tokenizer, after it ran on two texts; raises as `write_backbone`."""
    graph = text_graph(files[TEXT].read_bytes(), name=TEXT, kind=entry.kind, width=entry.width)
    tokenizer = files[TOKENIZER].read_bytes()
    card = TextEncoderCard(
        name=f"{place.name}-text",
        version=place.version,
        max_tokens=MAX_TOKENS[entry.kind],
        tokenizer=TOKENIZER,
        tokenizer_sha256=sha256(tokenizer).hexdigest(),
        **_shared(entry, place, graph),
    )

    def fill(folder: Path) -> None:
        _write(folder, card, TEXT_CARD, {GRAPH: graph, TOKENIZER: tokenizer})
        _check_rows(TextEncoder.open(folder).encode(["a dog", "a dog that barks at the rain"]), card)

    _write_folder(place.text, fill)
    return card


def _shared(entry: Pretrained, place: Place, graph: bytes) -> dict[str, Any]:
    return {
        "width": entry.width,
        "file": GRAPH,
        "sha256": sha256(graph).hexdigest(),
        "licence": entry.licence,
        "source": f"https://huggingface.co/{entry.repository}/tree/{place.commit}",
    }


def _config(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, UnicodeDecodeError) as error:
        raise BundleInvalid(f"{path.name} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise BundleInvalid(f"{path.name} is no JSON object")
    return found


def _noise(card: BackboneCard) -> Media:
    """Two frames, or more sound than one stretch holds."""
    numbers = np.random.default_rng(0)
    if isinstance(card.takes, SoundSpec):
        samples = numbers.uniform(-0.5, 0.5, (SECONDS + 1) * card.takes.rate).astype(np.float32)
        return Media(SECONDS + 1, card.takes, NO_PICTURES, samples, None)
    frames = numbers.integers(0, 256, (2, card.takes.size, card.takes.size, 3), dtype=np.uint8)
    return Media(2 / card.takes.rate, NO_SOUND, card.takes, None, frames)


def _check_rows(rows: F32, card: EncoderCard) -> None:
    if rows.shape != (2, card.width):
        raise BundleInvalid(f"{card.ref} gave {list(rows.shape)} where {[2, card.width]} were expected")
    lengths = np.linalg.norm(rows, axis=1)
    if not np.abs(lengths - 1).max() < SLACK:  # NaN is not
        raise BundleInvalid(f"{card.ref} gave rows of the lengths {lengths.tolist()}; expected 1")


def _write_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """A folder that is whole or not there at all; one that has a card was."""
    if any((folder / card).is_file() for card in (CARD, TEXT_CARD)):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".pull-") as scratch:
        whole = Path(scratch) / "whole"
        whole.mkdir()
        fill(whole)
        try:
            whole.rename(folder)
        except OSError as error:
            raise Conflict(f"there is something at {folder} already: {error.strerror}") from error


def _write(folder: Path, card: EncoderCard, name: str, files: Mapping[str, bytes]) -> None:
    text = card.model_dump_json(indent=2, exclude_none=True).encode()
    # The card last: a folder without it is no encoder.
    for file, content in {**files, name: text}.items():
        write_whole(folder / file, partial(_put, content))


def _put(content: bytes, out: BinaryIO) -> None:
    out.write(content)
