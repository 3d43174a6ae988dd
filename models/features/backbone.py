"""Backbones: frozen networks from samples or frames to a feature."""

from pathlib import Path
from typing import Self

import numpy as np

from models.errors import BundleInvalid, SenseMissing
from models.features.card import BackboneCard, checked_bytes, read_card
from models.features.graph import Graph
from models.media.media import Media
from models.types import F32, U8

INPUTS = {"audio": "waveform", "video": "frames"}
WANTED = {"audio": "sound", "video": "pictures"}


class Backbone:
    """A network from one sense of a clip to one feature [width].

    Its ONNX graph has the input `waveform` float32 [n] or `frames` uint8 [n, h, w, 3], one clip a call, and the
    output `embedding` [rows, width].
    """

    def __init__(self, card: BackboneCard, graph: Graph) -> None:
        self.card = card
        self._graph = graph

    @classmethod
    def open(cls, folder: Path, *, threads: int = 1) -> Self:
        """From a folder with `backbone.json` and its graph; raises BundleInvalid where they do not fit."""
        card = read_card(folder / "backbone.json", BackboneCard)
        content = checked_bytes(folder / card.file, card.sha256)
        return cls(card, Graph(content, name=card.ref, inputs=[INPUTS[card.sense]], threads=threads))

    def feature(self, media: Media) -> F32:
        """[width]: the mean over the graph's rows; raises SenseMissing where the media lacks the sense."""
        rows = self._graph.embedding({INPUTS[self.card.sense]: self._taken(media)})
        if rows.ndim != 2 or rows.shape[1] != self.card.width or not len(rows):
            raise BundleInvalid(f"{self.card.ref} gave {list(rows.shape)}; its card says [rows, {self.card.width}]")
        feature: F32 = rows.mean(axis=0, dtype=np.float32)
        return feature

    def _taken(self, media: Media) -> F32 | U8:
        values, spec = (media.samples, media.sound) if self.card.sense == "audio" else (media.frames, media.pictures)
        if values is None:
            raise SenseMissing(f"the clip has no {WANTED[self.card.sense]}, which {self.card.ref} reads")
        if spec != self.card.takes:
            raise ValueError(f"{self.card.ref} takes {self.card.takes}, found media decoded as {spec}")
        return values
