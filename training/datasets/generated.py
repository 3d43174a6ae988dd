"""Data sets in the layout of the AVCA release whose features are drawn: a benchmark can be tried without its data.

A clip's features are a random nonlinear map of its class's word vector, with noise within the class and of the clip.
What is learnt on some classes transfers to others as far as their vectors are alike, as with real features; how far
says nothing about a method on real ones.
"""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from models.types import F32, F64, Sense
from training.datasets import averaged_features
from training.datasets.class_lists import ClassNames, rows_of
from training.datasets.feature_folder import SENSES
from training.datasets.gzsl_layout import FEATURE_STAGES, Layout, Stage
from training.datasets.gzsl_release import class_vectors


@dataclass(frozen=True, slots=True)
class Drawing:
    """How features are drawn; the same drawing of the same lists and vectors gives the same features.

    Args:
        audio, video: how wide the features are.
        hidden: how many numbers the map goes through; with fewer it transfers better.
        within: how far the clips of a class lie from its word vector, about, which is of unit length.
        noise: the deviation of what is added to every number of a feature, which is itself of about 0.6.
        most: samples of a class in a stage, at most; None draws all that are listed.
    """

    audio: int = 512
    video: int = 512
    hidden: int = 64
    within: float = 0.5
    noise: float = 0.5
    most: int | None = None
    seed: int = 0


def draw(layout: Layout, drawing: Drawing) -> None:
    """Write the class files of all listed samples; lists and vectors have to be there (see `generated_texts`)."""
    known = ClassNames.read(layout.all_classes)
    vectors = dict(zip(known.names, class_vectors(layout, known, "corrected"), strict=True))
    maps = {sense: _Map.drawn(drawing, sense, len(vectors[known.names[0]])) for sense in SENSES}
    for stage in FEATURE_STAGES:
        for sense in SENSES:
            layout.class_files(sense, stage).mkdir(parents=True, exist_ok=True)
        for label, samples in listed_samples(layout, stage, known).items():
            chosen = samples[: drawing.most]
            numbers = _numbers(drawing, stage, label)
            clips = _spread(vectors[label], drawing.within, len(chosen), numbers)
            for sense in SENSES:
                place = layout.class_files(sense, stage) / f"{label}.h5"
                averaged_features.write(place, features=maps[sense](clips, numbers), urls=chosen)


def listed_samples(layout: Layout, stage: Stage, known: ClassNames) -> dict[str, list[str]]:
    """The names of a stage's samples by class, as its csv lists them."""
    source = layout.samples(stage)
    by_class: dict[str, list[str]] = {}
    for row in rows_of(source, columns=("filename", "label")):
        by_class.setdefault(row["label"], []).append(row["filename"])
    return {known.spelt([label], source=source)[0]: samples for label, samples in by_class.items()}


@dataclass(frozen=True, slots=True)
class _Map:
    """From a clip's place among the word vectors to its features of one sense."""

    inner: F64
    outer: F64
    noise: float

    @classmethod
    def drawn(cls, drawing: Drawing, sense: Sense, text: int) -> "_Map":
        numbers = _numbers(drawing, sense)
        width = drawing.audio if sense == "audio" else drawing.video
        inner = numbers.normal(size=(text, drawing.hidden))
        return cls(inner, numbers.normal(size=(drawing.hidden, width)) / drawing.hidden**0.5, drawing.noise)

    def __call__(self, clips: F64, numbers: np.random.Generator) -> F32:
        clean = np.tanh(clips @ self.inner) @ self.outer
        features: F32 = (clean + self.noise * numbers.normal(size=clean.shape)).astype(np.float32)
        return features


def _spread(vector: F32, within: float, count: int, numbers: np.random.Generator) -> F64:
    around: F64 = vector + within * numbers.normal(size=(count, len(vector))) / len(vector) ** 0.5
    return around


def _numbers(drawing: Drawing, *what: str) -> np.random.Generator:
    """Random numbers for one purpose, whatever else is drawn."""
    return np.random.default_rng([drawing.seed, *(crc32(each.encode()) for each in what)])
