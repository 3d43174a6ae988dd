"""The features of one class as a release keeps them: a file of its samples as heard, and one as seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from models.errors import TrainingDataInvalid
from models.types import F32, I64, Sense


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds: the names of its samples, in the order of its rows, and how many numbers a row has."""

    samples: tuple[str, ...]
    width: int


class Format(Protocol):
    """How the samples of one class and sense lie in a file; both functions raise TrainingDataInvalid."""

    @property
    def suffix(self) -> str:
        """What the names of such files end in."""
        ...

    def contents(self, path: Path, sense: Sense) -> Contents:
        """What a file holds."""
        ...

    def read_into(self, path: Path, sense: Sense, rows: F32) -> None:
        """Put a file's features into `rows` [n, width], which are zero."""
        ...


@dataclass(frozen=True, slots=True)
class ClassFile:
    """A file, what is in it, and which of its rows come first, second …; None where they are in order."""

    path: Path
    sense: Sense
    contents: Contents
    order: I64 | None = None

    def __len__(self) -> int:
        return len(self.contents.samples)


@dataclass(frozen=True, slots=True)
class Pair:
    """The samples of one class: the file of how they sound and that of how they look, sample by sample."""

    label: str
    audio: ClassFile
    video: ClassFile

    def __len__(self) -> int:
        return len(self.audio)


def count(*stages: Sequence[Pair]) -> int:
    """How many samples some stages have together."""
    return sum(len(pair) for stage in stages for pair in stage)


def paired(label: str, paths: dict[Sense, Path], form: Format) -> Pair:
    """The samples of a class; where the two files differ in order, the video file's rows take the audio file's.

    Raises:
        TrainingDataInvalid: a file is damaged, or the two are not of the same samples; file and row are named.
    """
    audio = ClassFile(paths["audio"], "audio", form.contents(paths["audio"], "audio"))
    video = ClassFile(paths["video"], "video", form.contents(paths["video"], "video"))
    if audio.contents.samples == video.contents.samples:
        return Pair(label, audio, video)
    _refuse_strangers(audio, video)
    _refuse_strangers(video, audio)
    places = {sample: row for row, sample in enumerate(video.contents.samples)}
    order = np.array([places[sample] for sample in audio.contents.samples])
    return Pair(label, audio, ClassFile(video.path, "video", video.contents, order))


def read_rows(files: Sequence[ClassFile], form: Format) -> F32:
    """The features [n, width] of files of one sense, one file after another, read to where they stay.

    Raises:
        TrainingDataInvalid: a row that is not finite, or files of several widths; file and row are named.
    """
    width = files[0].contents.width
    rows = np.zeros((sum(map(len, files)), width), np.float32)
    start = 0
    for file in files:
        if file.contents.width != width:
            raise TrainingDataInvalid(f"{file.path} has {file.contents.width} numbers a row, {files[0].path} {width}")
        _read_one(file, form, rows[start : start + len(file)])
        start += len(file)
    return rows


def _read_one(file: ClassFile, form: Format, rows: F32) -> None:
    form.read_into(file.path, file.sense, rows)
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        raise TrainingDataInvalid(f"{file.path}: row {int(finite.argmin())} is not finite")
    if file.order is not None:
        rows[:] = rows[file.order]


def _refuse_strangers(file: ClassFile, other: ClassFile) -> None:
    """Raise TrainingDataInvalid where a sample is not in the other file, or occurs twice in this one."""
    there = set(other.contents.samples)
    met: set[str] = set()
    for row, sample in enumerate(file.contents.samples):
        if sample not in there:
            raise TrainingDataInvalid(f"{file.path}: row {row} is {sample!r}, which {other.path} does not have")
        if sample in met:
            raise TrainingDataInvalid(f"{file.path}: row {row} is {sample!r} again, and {other.path} has another order")
        met.add(sample)
