"""Features that follow one another in a clip, in pickles of `features`, a list of [t, width], and `video_names`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import TrainingDataInvalid
from models.types import F32, Sense
from training.datasets import pickled
from training.datasets.feature_files import Contents


@dataclass(frozen=True, slots=True)
class TemporalFeatures:
    """A file a class as in the release of TCAF; a sequence is so many steps of each sense, end to end in one row.

    A shorter sequence ends in steps that are zero; of a longer one the middle is taken.
    """

    audio_steps: int
    video_steps: int
    suffix: str = ".pkl"

    def __post_init__(self) -> None:
        if min(self.audio_steps, self.video_steps) < 1:
            found = f"{self.audio_steps} of audio and {self.video_steps} of video"
            raise TrainingDataInvalid(f"features need at least 1 step, found {found}")

    def contents(self, path: Path, sense: Sense) -> Contents:
        """What a file holds; raises TrainingDataInvalid where it is cut, or not of that kind."""
        sequences, samples = _read(path)
        return Contents(samples, self._steps(sense) * sequences[0].shape[1])

    def read_into(self, path: Path, sense: Sense, rows: F32) -> None:
        """Lay a file's sequences into `rows`, step after step."""
        sequences, _ = _read(path)
        steps = self._steps(sense)
        by_step = rows.reshape(len(rows), steps, -1)
        for row, sequence in zip(by_step, sequences, strict=True):
            kept = middle(sequence, steps)
            row[: len(kept)] = kept

    def _steps(self, sense: Sense) -> int:
        return self.audio_steps if sense == "audio" else self.video_steps


def middle(sequence: F32, steps: int) -> F32:
    """The middle steps of a sequence [t, width], or all where there are no more; of two middles the earlier."""
    start = max(len(sequence) - steps, 0) // 2
    return sequence[start : start + steps]


def _read(path: Path) -> tuple[list[F32], tuple[str, ...]]:
    held = pickled.load(path)
    if not isinstance(held, dict) or not {"features", "video_names"} <= held.keys():
        raise TrainingDataInvalid(f"{path} does not hold `features` and `video_names`")
    sequences, names = held["features"], held["video_names"]
    if not isinstance(sequences, list) or not sequences:
        raise TrainingDataInvalid(f"{path} does not hold a list of sequences")
    if not isinstance(names, list | np.ndarray) or len(names) != len(sequences):
        raise TrainingDataInvalid(f"{path} does not name each of its {len(sequences)} sequences")
    for row, sequence in enumerate(sequences):
        _check(sequence, first=np.shape(sequences[0]), place=f"{path}: row {row}")
    return sequences, tuple(_text(name) for name in names)


def _check(sequence: Any, *, first: tuple[int, ...], place: str) -> None:
    # A clip too short for one step is a sequence of none.
    if not isinstance(sequence, np.ndarray) or sequence.ndim != 2 or sequence.dtype.kind not in "fiu":
        raise TrainingDataInvalid(f"{place} is of shape {np.shape(sequence)}; expected numbers [t, width]")
    if sequence.shape[1] != first[1]:
        raise TrainingDataInvalid(f"{place} has {sequence.shape[1]} numbers a step; the first row has {first[1]}")


def _text(name: bytes | str) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)
