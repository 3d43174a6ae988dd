"""How backbones are run."""

from dataclasses import dataclass
from typing import Literal

from models.cores import cores

Device = Literal["cpu", "gpu"]

GPU_CALLS = 2
"""At once, so that one is handed over while the other is worked on."""


@dataclass(frozen=True, slots=True)
class Running:
    """Where backbones run, in how many calls at once, and by how many frames a call.

    Args:
        threads: calls at once; by default a core each, or as many as keep a GPU at work.
        batch: the most frames a call of a backbone whose windows may share one; by default as suits the device.
    """

    device: Device = "cpu"
    threads: int | None = None
    batch: int | None = None

    @property
    def calls(self) -> int:
        """How many at once."""
        return self.threads or (cores() if self.device == "cpu" else GPU_CALLS)
