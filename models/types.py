"""The values that travel between rooms: arrays, windows, metrics, hits."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
Bool = NDArray[np.bool_]

Sense = Literal["audio", "video"]
"""What a clip can carry: its sound, its pictures."""

Absence = Literal["missing", "silent", "damaged"]
"""Why a clip or a window has nothing of a sense: no stream of it, only silence, or nothing that could be decoded."""

Modality = Literal["audio", "video", "text"]
"""What a feature can be made from."""


class Metric(StrEnum):
    """How a query vector and a gallery vector become a score; higher is always better.

    `EUCLIDEAN` scores minus the L2 distance, `COSINE` the cosine, `INNER` the inner product.
    """

    EUCLIDEAN = "euclidean"
    COSINE = "cosine"
    INNER = "inner"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a clip, `[start_s, end_s)` in seconds."""

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise ValueError(f"a window needs 0 <= start < end, found [{self.start_s}, {self.end_s})")


@dataclass(frozen=True, slots=True)
class Hits:
    """The nearest items: ids [q, k] int64 (-1 pads), scores [q, k] float32; best first, higher is better."""

    ids: I64
    scores: F32

    def __post_init__(self) -> None:
        if self.ids.shape != self.scores.shape:
            raise ValueError(f"ids {self.ids.shape} and scores {self.scores.shape} differ")
