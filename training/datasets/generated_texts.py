"""The class lists and word vectors of a generated data set: real ones copied, or invented."""

import csv
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from models.types import F32
from training.datasets.gzsl_layout import FEATURE_STAGES, STAGES, Layout, Stage

UCF_SIZE: dict[Stage, int] = {
    "stage_1_train": 3174,
    "stage_1_val_seen": 353,
    "stage_1_val_unseen": 1467,
    "stage_2_test_seen": 555,
    "stage_2_test_unseen": 1267,
}
"""The samples of UCF-GZSL with the main split, as its lists have them."""

ROLES = 3
"""Words that an invented class is made of."""


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """How many classes are trained on in stage 1, and how many are unseen in validation and in test besides."""

    train: int = 30
    val_unseen: int = 12
    test_unseen: int = 9

    @property
    def every(self) -> int:
        """All of them."""
        return self.train + self.val_unseen + self.test_unseen

    def of_stages(self, names: Sequence[str]) -> dict[Stage, Sequence[str]]:
        """The classes of every stage."""
        retrain = self.train + self.val_unseen
        return {
            "stage_1_train": names[: self.train],
            "stage_1_val_seen": names[: self.train],
            "stage_1_val_unseen": names[self.train : retrain],
            "stage_2_train": names[:retrain],
            "stage_2_test_seen": names[:retrain],
            "stage_2_test_unseen": names[retrain:],
        }


UCF_CLASSES = ClassCounts()


def copy_texts(layout: Layout, *, lists: Path, stages: Path, vectors: Path) -> None:
    """Put a release's own files where they belong.

    Args:
        lists: the folder of the list of all classes and of their written names.
        stages: the folder of the stages' lists of classes and of samples.
        vectors: the file of the word vectors.
    """
    _make_folders(layout)
    for place in (layout.all_classes, layout.written_names):
        shutil.copyfile(lists / place.name, place)
    for stage in STAGES:
        for place in (layout.classes(stage), layout.samples(stage)):
            shutil.copyfile(stages / place.name, place)
    shutil.copyfile(vectors, layout.vectors)


def invent_texts(
    layout: Layout,
    *,
    classes: ClassCounts = UCF_CLASSES,
    samples: Mapping[Stage, int] = UCF_SIZE,
    width: int = 300,
    seed: int = 0,
) -> None:
    """Write the lists and vectors of classes that there are not, by default as many as UCF-GZSL has.

    Args:
        samples: how many a stage has, as evenly by class as can be.
        width: of a word vector.
    """
    _make_folders(layout)
    names = [f"Class{row:04d}" for row in range(classes.every)]
    written = [f"Class {row:04d}" for row in range(classes.every)]
    vectors = dict(zip(written, _invented_vectors(len(names), width, seed), strict=True))
    np.save(layout.vectors, np.array(vectors, dtype=object))
    layout.all_classes.write_text("\n".join(names))
    _write_csv(layout.written_names, ("original", "manual"), zip(names, written, strict=True))
    of_stages = classes.of_stages(names)
    for stage in STAGES:
        layout.classes(stage).write_text("\n".join(of_stages[stage]))
    for stage in FEATURE_STAGES:
        labels = sorted(islice(cycle(of_stages[stage]), samples[stage]))
        rows = ((f"{stage}_{row:06d}", label) for row, label in enumerate(labels))
        _write_csv(layout.samples(stage), ("filename", "label"), rows)


def _invented_vectors(count: int, width: int, seed: int) -> F32:
    """[count, width] of unit length: different sums of words, of which classes share some."""
    numbers = np.random.default_rng(seed)
    choice = int(np.ceil(count ** (1 / ROLES))) + 1
    words = numbers.normal(size=(ROLES, choice, width))
    chosen = np.stack(np.unravel_index(numbers.permutation(choice**ROLES)[:count], (choice,) * ROLES))
    summed = np.stack([words[role][chosen[role]] for role in range(ROLES)]).sum(axis=0)
    unit: F32 = (summed / np.linalg.norm(summed, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _make_folders(layout: Layout) -> None:
    for each in (*layout.texts, layout.written_names):
        each.parent.mkdir(parents=True, exist_ok=True)


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
