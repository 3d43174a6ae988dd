"""Whether a network looks at each frame by itself."""

import numpy as np

from models.features.backbone import INPUTS
from models.features.graph import BROKEN, Graph
from models.media.media import FrameSpec

FRAMES = 5
SHARE = 1e-4
"""Of the largest number in a row: what rounding may leave between a frame alone and one among others."""


def are_apart(graph: Graph, takes: FrameSpec) -> bool:
    """Whether frames of noise give, in one call, a row each, and the row that each gives alone."""
    shape = (FRAMES, takes.size, takes.size, 3)
    frames = np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)
    try:
        together = graph.embedding({INPUTS["video"]: frames})
        alone = np.concatenate([graph.embedding({INPUTS["video"]: each[None]}) for each in frames])
    except BROKEN:  # one that wants several frames
        return False
    return together.shape == alone.shape and bool(np.abs(together - alone).max() <= SHARE * np.abs(alone).max())
