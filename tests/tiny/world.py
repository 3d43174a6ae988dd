"""A world small enough to write in a test: classes that combine words, clips that show and sound like them."""

from dataclasses import dataclass

import numpy as np

from models.types import F32, F64, I64
from training.splits import ClassTable, FeatureSet, Split, TrainingSet

MATERIALS = ("glass", "metal", "wood", "rubber")
OBJECTS = ("ball", "bell", "wheel", "lamp")
ACTIONS = ("bouncing", "swinging", "spinning", "flashing")
FACTORS = (MATERIALS, OBJECTS, ACTIONS)


@dataclass(frozen=True, slots=True)
class World:
    """What there is to train on, to choose by and to test with."""

    training: TrainingSet
    validation: Split
    test: Split


def world(
    *,
    seen: int = 23,
    unseen: int = 10,
    clips: int = 24,
    audio: int = 128,
    video: int = 128,
    text: int = 384,
    seed: int = 0,
) -> World:
    """Clips of `seen` + `unseen` classes, each a material, a thing and what it does.

    A class's text feature is the sum of its words' vectors; a clip's features are random nonlinear maps of its
    factors with noise, within and between clips. Unseen classes are new combinations of words that were seen.
    """
    numbers = np.random.default_rng(seed)
    factors = _combinations(numbers, seen=seen, unseen=unseen)
    classes = ClassTable(
        names=tuple(" ".join(words[row] for words, row in zip(FACTORS, each, strict=True)) for each in factors),
        text=_text(numbers, factors, text),
        seen=np.arange(len(factors)) < seen,
    )
    senses = (_Sense(numbers, audio), _Sense(numbers, video))

    def split(of: range, count: int) -> FeatureSet:
        label = np.repeat(np.arange(of.start, of.stop), count)
        heard, shown = (sense.features(numbers, factors[label]) for sense in senses)
        return FeatureSet(audio=heard, video=shown, label=label)

    everything = range(seen + unseen)
    return World(
        training=TrainingSet(split(range(seen), clips), classes),
        validation=Split(split(everything, max(clips // 3, 1)), classes),
        test=Split(split(everything, max(clips // 3, 1)), classes),
    )


class _Sense:
    """A random nonlinear map from factors to the features of one modality."""

    def __init__(self, numbers: np.random.Generator, width: int) -> None:
        self._words = numbers.normal(size=(len(FACTORS), 4, 32))
        self._map = numbers.normal(size=(32, width)) / 32**0.5

    def features(self, numbers: np.random.Generator, factors: I64) -> F32:
        """[n, width] of factors [n, 3]."""
        within = _sum(self._words, factors) + numbers.normal(size=(len(factors), 32)) * 0.5
        clean = np.tanh(within @ self._map)
        noisy: F64 = clean + numbers.normal(size=clean.shape) * 0.3
        return noisy.astype(np.float32)


def _combinations(numbers: np.random.Generator, *, seen: int, unseen: int) -> I64:
    """[seen + unseen, 3] different combinations, the seen ones first and of all the words in the unseen ones."""
    every = np.stack(np.meshgrid(range(4), range(4), range(4), indexing="ij"), axis=-1).reshape(-1, 3)
    while True:
        drawn = numbers.permutation(every)[: seen + unseen]
        if all(set(drawn[seen:, column]) <= set(drawn[:seen, column]) for column in range(3)):
            return drawn


def _text(numbers: np.random.Generator, factors: I64, width: int) -> F32:
    summed = _sum(numbers.normal(size=(len(FACTORS), 4, width)), factors)
    unit: F64 = summed / np.linalg.norm(summed, axis=1, keepdims=True)
    return unit.astype(np.float32)


def _sum(words: F64, factors: I64) -> F64:
    """The sum of the vectors of each row's words: [n, d]."""
    vectors: F64 = np.stack([words[column, factors[:, column]] for column in range(len(FACTORS))]).sum(axis=0)
    return vectors
