"""Backbones: frozen networks from samples or frames to features."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Self

import numpy as np

from models.errors import BackboneOverrun, BundleInvalid, SenseMissing
from models.features.batches import Batches
from models.features.card import BackboneCard, checked_bytes, read_card
from models.features.graph import BROKEN, Graph
from models.features.running import Device
from models.media.media import Media, SoundSpec
from models.media.windows import LENGTH_S
from models.types import F32, U8

INPUTS = {"audio": "waveform", "video": "frames"}
WANTED = {"audio": "sound", "video": "pictures"}
PARTS = {"audio": "samples", "video": "frames"}


@dataclass(frozen=True, slots=True)
class Batch:
    """The most frames a call, and the most windows that they are of."""

    frames: int
    windows: int


BATCH: dict[Device, Batch] = {"cpu": Batch(16, windows=1), "gpu": Batch(256, windows=256)}
"""A CPU gains nothing by more frames, whose results no longer fit its caches, nor by the company of another window,
by which the last bit of a feature would hang on what else was there. A GPU waits for work by less."""


class Backbone:
    """A network from one sense of a clip to rows of features [rows, width], and their mean [width].

    Its ONNX graph has the input `waveform` float32 [n] or `frames` uint8 [n, h, w, 3], one window a call unless its
    card says otherwise, and the output `embedding` [rows, width]. Safe to share by threads.
    """

    def __init__(self, card: BackboneCard, graph: Graph, *, batch: Batch = BATCH["cpu"]) -> None:
        self.card = card
        self._graph = graph
        self._batches, self._windows = Batches(self._run, size=batch.frames), batch.windows

    @classmethod
    def open(cls, folder: Path, *, threads: int = 1, device: Device = "cpu", batch: int | None = None) -> Self:
        """From a folder with `backbone.json` and its graph; raises BundleInvalid where they do not fit.

        Args:
            threads: of the CPU that one call uses.
            batch: the most frames a call, of as many windows, where the card says that they may share one; by
                default as suits the device.
        """
        card = read_card(folder / "backbone.json", BackboneCard)
        content = checked_bytes(folder / card.file, card.sha256)
        graph = Graph(content, name=card.ref, inputs=[INPUTS[card.sense]], threads=threads, device=device)
        return cls(card, graph, batch=Batch(batch, windows=batch) if batch else BATCH[device])

    def feature(self, media: Media) -> F32:
        """[width]: the mean over the rows; raises as `rows` does."""
        return self.features([media])[0]

    def features(self, windows: Sequence[Media]) -> list[F32]:
        """[width] of each window; raises as `rows` does."""
        return [rows.mean(axis=0, dtype=np.float32) for rows in self._rows(windows)]

    def rehearse(self) -> None:
        """Run on as little as it takes of silence or black; raises as `rows` does."""
        takes, seconds = self.card.takes, LENGTH_S if self.card.batch == "none" else 0.0
        if isinstance(takes, SoundSpec):
            self._run_all([np.zeros(max(1, round(seconds * takes.rate)), np.float32)])
        else:
            self._run_all([np.zeros((max(1, round(seconds * takes.rate)), takes.size, takes.size, 3), np.uint8)])

    def rows(self, media: Media) -> F32:
        """[rows, width], in the order of time; the card says what one is made of.

        Raises:
            SenseMissing: the media lacks the sense.
            BundleInvalid: the graph does not run on it, or gives something else than its card says.
            BackboneOverrun: there is too little memory even for one frame, or for this window alone.
        """
        return self._rows([media])[0]

    @property
    def windows_a_call(self) -> int:
        """How many windows of a long clip go into one call."""
        if self.card.batch == "none":
            return 1
        return min(self._windows, max(1, int(self._batches.size / (LENGTH_S * self.card.takes.rate))))

    def joined(self, windows: Sequence[Media]) -> int:
        """How many of these windows, from the first on, go into one call: at least one."""
        if self.card.batch == "none":
            return 1
        frames = accumulate(len(self._taken(each)) for each in windows[: self._windows])
        return max(1, sum(count <= self._batches.size for count in frames))

    def _rows(self, windows: Sequence[Media]) -> list[F32]:
        return self._run_all([self._taken(each) for each in windows])

    def _run_all(self, taken: Sequence[F32 | U8]) -> list[F32]:
        try:
            return [self._run(each) for each in taken] if self.card.batch == "none" else self._apart(taken)
        except BROKEN as error:
            raise BundleInvalid(f"{self.card.ref} does not run on {self.card.takes}: {error}") from error
        except MemoryError as error:
            said = f"{len(taken[0])} {PARTS[self.card.sense]}"
            raise BackboneOverrun(f"{self.card.ref} ran out of memory on a window of {said}") from error

    def _apart(self, taken: Sequence[F32 | U8]) -> list[F32]:
        """A row a frame, of all windows in the same calls."""
        rows = self._batches.rows(taken[0] if len(taken) == 1 else np.concatenate(taken))
        return np.split(rows, np.cumsum([len(each) for each in taken])[:-1])

    def _run(self, values: F32 | U8) -> F32:
        rows = self._graph.embedding({INPUTS[self.card.sense]: values})
        expected = len(values) if self.card.batch == "rows" else len(rows)
        if rows.ndim != 2 or rows.shape[1] != self.card.width or not len(rows) or len(rows) != expected:
            said = expected if self.card.batch == "rows" else "rows"
            raise BundleInvalid(f"{self.card.ref} gave {list(rows.shape)}; its card says [{said}, {self.card.width}]")
        return rows

    def _taken(self, media: Media) -> F32 | U8:
        values, spec = (media.samples, media.sound) if self.card.sense == "audio" else (media.frames, media.pictures)
        if values is None:
            raise SenseMissing(f"the clip has no {WANTED[self.card.sense]}, which {self.card.ref} reads")
        if spec != self.card.takes:
            raise ValueError(f"{self.card.ref} takes {self.card.takes}, found media decoded as {spec}")
        return values
