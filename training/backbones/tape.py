"""Sound on the disk: more of it than memory holds."""

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

import numpy as np

from models.types import F32
from training.backbones.segments import Clip


class Tape:
    """Stretches of sound in a file that goes with it, in half precision: 66 dB between a sample and what it loses."""

    def __init__(self, folder: Path) -> None:
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the tape
        self._ends = [0]

    def add(self, samples: F32) -> int:
        """Keep samples [n]; the number of the stretch, from 0."""
        self._file.write(samples.astype(np.float16).tobytes())
        self._ends.append(self._ends[-1] + len(samples))
        return len(self._ends) - 2

    def stretches(self) -> list[Clip]:
        """All that were added, [n] float16 each, read from the disk when they are looked at."""
        self._file.flush()
        if not self._ends[-1]:
            return []
        whole = np.memmap(self._file, np.float16, mode="r")
        return [whole[start:end] for start, end in pairwise(self._ends)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
