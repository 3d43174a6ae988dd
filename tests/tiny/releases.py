"""Small data sets with the files of the releases, in milliseconds."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from models.types import F32
from training.datasets import averaged_features, generated
from training.datasets.class_lists import ClassNames
from training.datasets.feature_folder import SENSES
from training.datasets.generated import Drawing
from training.datasets.generated_texts import ClassCounts, invent_texts
from training.datasets.gzsl_layout import BENCHMARKS, FEATURE_STAGES, Layout, Stage

COUNTS = ClassCounts(train=4, val_unseen=2, test_unseen=2)
SAMPLES: dict[Stage, int] = dict(zip(FEATURE_STAGES, (24, 8, 10, 12, 6), strict=True))
TEXT = 12

SEEN, UNSEEN = ("dog", "church-bell", "car"), ("fan", "bus")
CLIPS = {"trn": 4, "val": 2, "tst": 3}
"""Of each class of the small AudioSetZSL."""


def write_averaged(folder: Path, *, name: str = "ucf-gzsl") -> Layout:
    """The AVCA release of a benchmark with eight classes; audio features are 6 wide, video features 5."""
    layout = Layout(folder, BENCHMARKS[name])
    invent_texts(layout, classes=COUNTS, samples=SAMPLES, width=TEXT)
    generated.draw(layout, Drawing(audio=6, video=5))
    return layout


def write_temporal(folder: Path) -> Layout:
    """The TCAF release of UCF-GZSL with eight classes; sequences of 0 to 7 steps, audio 3 and video 2 wide."""
    layout = Layout(folder, BENCHMARKS["ucf-gzsl"], form="features_non_averaged")
    invent_texts(layout, classes=COUNTS, samples=SAMPLES, width=TEXT)
    known = ClassNames.read(layout.all_classes)
    numbers = np.random.default_rng(0)
    for stage in FEATURE_STAGES:
        for label, samples in generated.listed_samples(layout, stage, known).items():
            for sense, width in zip(SENSES, (3, 2), strict=True):
                path = layout.class_files(sense, stage) / f"{label}.pkl"
                path.parent.mkdir(parents=True, exist_ok=True)
                write_sequences(path, [_sequence(numbers, width) for _ in samples], samples)
    return layout


def write_sequences(path: Path, sequences: list[F32], samples: list[str]) -> None:
    """A class file of the TCAF release: names are bytes, as they were in HDF5."""
    names = [np.bytes_(sample) for sample in samples]
    path.write_bytes(pickle.dumps({"features": sequences, "video_names": names, "fps": [25] * len(sequences)}))


def write_audiosetzsl(folder: Path) -> Path:
    """AudioSetZSL with five classes; the folder of its features is returned."""
    lists, features = folder / "class-split", folder / "features" / "main_features"
    lists.mkdir(parents=True)
    for name, classes in (("all", SEEN + UNSEEN), ("seen", SEEN), ("unseen", UNSEEN)):
        (lists / f"{name}_class.txt").write_text("".join(f"'{each}',\n" for each in classes).rstrip(",\n"))
    numbers = np.random.default_rng(0)
    (features / "text").mkdir(parents=True)
    vectors = {each: numbers.normal(size=TEXT).astype(np.float32) for each in SEEN + UNSEEN}
    np.save(features / "text" / "word_embeddings-dict-33.npy", np.array(vectors, dtype=object))
    for part, count in CLIPS.items():
        for sense in SENSES:
            (features / sense / part).mkdir(parents=True)
            for each in SEEN + UNSEEN:
                averaged_features.write(
                    features / sense / part / f"{each}.h5",
                    features=numbers.normal(size=(count, 8)).astype(np.float32),
                    urls=[f"{each}-{part}-{row}" for row in range(count)],
                )
    return features


def video_of(layout: Layout) -> Path:
    """One of the files of the AVCA release."""
    return layout.class_files("video", "stage_1_train") / "Class0001.h5"


def change(path: Path, changed: Callable[[Any, Any], tuple[Any, Any]]) -> None:
    """Write a class file anew, with other features and names."""
    with h5py.File(path, "r+") as file:
        data, urls = changed(file["data"][:], file["video_urls"][:])
        del file["data"], file["video_urls"]
        file["data"], file["video_urls"] = data, urls


def _sequence(numbers: np.random.Generator, width: int) -> F32:
    steps: F32 = numbers.normal(size=(numbers.integers(8), width)).astype(np.float32)
    return steps
