"""A classifier's file as a backbone's folder, whose feature is the probabilities of its named classes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from onnx import ValueInfoProto

from models.errors import BundleInvalid, Conflict, DataMissing
from models.features.backbone import INPUTS
from models.features.card import BackboneCard, read_card
from models.features.graph import BROKEN, Graph
from models.features.rows import Rows
from models.media.media import FrameSpec, SoundSpec
from models.types import F32, U8, Sense
from training.classifiers.frontend import COLOURS, Scaling, shape_of
from training.classifiers.graph import backbone_graph, network_input, read_network
from training.frames import are_apart
from training.writing import write_whole

VERSION = "1"
CARD, GRAPH = "backbone.json", "backbone.onnx"
SECONDS = 2
SLACK = 1e-3
"""How far from [0, 1] probabilities may be by rounding."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a classifier's file is to be read.

    Args:
        classes: the names of its classes, in the order of its outputs.
        takes: how clips are decoded for it.
        output: the output and what makes probabilities of it, `NAME:KIND`; see `backbone_graph`.
        scaling: of the pictures, where the network takes numbers instead of bytes.
    """

    classes: Sequence[str]
    takes: SoundSpec | FrameSpec
    output: str | None = None
    scaling: Scaling | None = None

    @property
    def sense(self) -> Sense:
        """What it hears or sees."""
        return "audio" if isinstance(self.takes, SoundSpec) else "video"


def import_classifier(file: Path, folder: Path, reading: Reading, *, licence: str) -> BackboneCard:
    """Write `<name>-classes@1` into a folder of backbones, after running it; what is there already stays.

    A card of before, which did not say what a row is, is written again.

    Raises:
        DataMissing: there is no such file.
        BundleInvalid: it is no classifier of that many classes, or does not run on what it is said to take.
        QueryInvalid: as `backbone_graph`.
        Conflict: another backbone of that name is there.
    """
    content = _content(file)
    network = read_network(content, name=file.name)
    _check_size(network_input(network), reading.takes)
    graph = backbone_graph(network, sense=reading.sense, output=reading.output, scaling=reading.scaling)
    tried = Graph(graph, name=file.name, inputs=[INPUTS[reading.sense]], threads=1)
    _try(tried, reading, file)
    apart = isinstance(reading.takes, FrameSpec) and are_apart(tried, reading.takes)
    card = BackboneCard(
        name=_name(file),
        version=VERSION,
        sense=reading.sense,
        takes=reading.takes,
        rows=Rows("frame") if apart else None,
        batch="rows" if apart else "none",
        width=len(reading.classes),
        classes=tuple(reading.classes),
        file=GRAPH,
        sha256=sha256(graph).hexdigest(),
        licence=licence,
        source=f"{file.name}, sha256 {sha256(content).hexdigest()}",
    )
    _write(folder / card.ref, card, graph)
    return card


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise DataMissing(f"there is no classifier {file}") from error


def _check_size(wanted: ValueInfoProto, takes: SoundSpec | FrameSpec) -> None:
    """A network may run on frames of other sizes than its own, and then see nothing in them."""
    sides = {side for side in shape_of(wanted)[1:] if side not in (0, COLOURS)}
    if isinstance(takes, FrameSpec) and sides not in (set(), {takes.size}):
        raise BundleInvalid(f"the input {wanted.name} is {list(shape_of(wanted))}; found frames of size {takes.size}")


def _name(file: Path) -> str:
    """A backbone's name: the file's, of which only what a name may hold."""
    return re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-") + "-classes"


def _try(graph: Graph, reading: Reading, file: Path) -> None:
    """Raise BundleInvalid where noise does not give a row of probabilities, one a class."""
    try:
        rows = graph.embedding({INPUTS[reading.sense]: _noise(reading.takes)})
    except BROKEN as error:
        raise BundleInvalid(f"{file.name} does not run on {reading.takes}: {error}") from error
    if rows.ndim != 2 or not len(rows) or rows.shape[1] != len(reading.classes):
        names = len(reading.classes)
        raise BundleInvalid(f"{file.name} gave {list(rows.shape)}; the list of classes has {names} names")
    if not (rows.min() >= -SLACK and rows.max() <= 1 + SLACK):  # NaN is neither
        raise BundleInvalid(f"{file.name} gave {rows.min():.3g} to {rows.max():.3g}, which are no probabilities")


def _noise(takes: SoundSpec | FrameSpec) -> F32 | U8:
    """Two seconds of it, or two frames."""
    numbers = np.random.default_rng(0)
    if isinstance(takes, SoundSpec):
        return numbers.uniform(-0.5, 0.5, SECONDS * takes.rate).astype(np.float32)
    return numbers.integers(0, 256, (2, takes.size, takes.size, COLOURS), dtype=np.uint8)


def _write(folder: Path, card: BackboneCard, graph: bytes) -> None:
    if (folder / CARD).exists():
        found = read_card(folder / CARD, BackboneCard)
        if found == card:
            return
        # Cards were written before they said what a row is: such a one is written again.
        if found.model_copy(update={"rows": card.rows, "batch": card.batch}) != card:
            raise Conflict(f"there is another backbone {card.ref} in {folder.parent} already; rename the file")
    folder.mkdir(parents=True, exist_ok=True)
    # The card last and whole: a folder without it is no backbone.
    write_whole(folder / GRAPH, lambda file: file.write(graph))
    write_whole(folder / CARD, lambda file: file.write(card.model_dump_json(indent=2).encode()))
