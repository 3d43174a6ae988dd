"""The features of a whole release: a folder a sense, in it one a stage, in it a file a class."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import TrainingDataInvalid
from models.types import Sense
from training.datasets.class_lists import ClassNames
from training.datasets.feature_files import Format, Pair, paired, read_rows
from training.datasets.release import Release
from training.datasets.samples import Samples

SENSES: tuple[Sense, ...] = ("audio", "video")


@dataclass(frozen=True, slots=True)
class FeatureFolder:
    """The folders `audio` and `video` of a release, the classes that their files may be of, and how these are read."""

    folder: Path
    form: Format
    known: ClassNames
    release: Release

    def every(self, stage: str, classes: Sequence[str]) -> list[Pair]:
        """The samples of a stage, class by class.

        Files of other known classes are not looked at: a split may list fewer classes than there are files.

        Raises:
            DataMissing: no such stage, or a class has no file there.
            TrainingDataInvalid: a file of no known class, one that is damaged or empty, or two files of one class
                that are not of the same samples.
        """
        pairs = self.those_there(stage, classes)
        absent = [each for each in classes if each not in {pair.label for pair in pairs}]
        if absent:
            places = [self.folder / sense / stage / self._file_of(each) for each in absent for sense in SENSES]
            raise self.release.missing(places, folder=self.folder)
        return pairs

    def those_there(self, stage: str, classes: Sequence[str]) -> list[Pair]:
        """As `every`, without the classes that have no files: no clip of theirs could be read by who made these."""
        self.release.require((self.folder / sense / stage for sense in SENSES), folder=self.folder)
        found = {sense: self._files(self.folder / sense / stage) for sense in SENSES}
        present = [each for each in classes if any(each in found[sense] for sense in SENSES)]
        lacking = [(sense, each) for each in present for sense in SENSES if each not in found[sense]]
        if lacking:
            places = [self.folder / sense / stage / self._file_of(each) for sense, each in lacking]
            raise self.release.missing(places, folder=self.folder)
        pairs = [paired(each, {sense: found[sense][each] for sense in SENSES}, self.form) for each in present]
        if not pairs:
            raise TrainingDataInvalid(f"{self.folder}: {stage} has no samples of the {len(classes)} listed classes")
        return pairs

    def read(self, pairs: Sequence[Pair]) -> Samples:
        """The features of both senses, pair by pair; raises TrainingDataInvalid, naming file and row."""
        return Samples(
            audio=read_rows([pair.audio for pair in pairs], self.form),
            video=read_rows([pair.video for pair in pairs], self.form),
            names=np.repeat([pair.label for pair in pairs], [len(pair) for pair in pairs]),
        )

    def _file_of(self, label: str) -> str:
        return f"{label}{self.form.suffix}"

    def _files(self, folder: Path) -> dict[str, Path]:
        """The class files of a folder, by class. Hidden files are what some systems leave in archives."""
        paths = [each for each in folder.iterdir() if each.name.endswith(self.form.suffix) and each.name[0] != "."]
        return {self.known.spelt([path.name.removesuffix(self.form.suffix)], source=path)[0]: path for path in paths}
