"""What a vector table consists of, as a snapshot keeps it and gives it back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from index.vectors.kinds import Near
from models.types import F32, I64, Bool, Metric


@dataclass(frozen=True, slots=True)
class Contents:
    """Sealed rows with a mask of those that are there, and the fresh rows; arrays as `Part` has them.

    `save_structure` writes FAISS's file of the sealed part to a path; None where every row is looked at. `near` is
    what the structure goes by, None where there is none.
    """

    kind: str
    metric: Metric
    ids: I64
    vectors: F32
    live: Bool
    fresh_ids: I64
    fresh_vectors: F32
    parameters: Mapping[str, int]
    save_structure: Callable[[Path], None] | None = None
    near: Near | None = None

    @property
    def arrays(self) -> dict[str, I64 | F32 | Bool]:
        """The arrays by the name of their file."""
        return {
            "ids": self.ids,
            "vectors": self.vectors,
            "live": self.live,
            "fresh-ids": self.fresh_ids,
            "fresh-vectors": self.fresh_vectors,
        }
