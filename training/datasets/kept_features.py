"""Features of one's own clips, kept in a folder so that methods can be compared on them again and again."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from models.errors import TrainingDataInvalid
from training.experiment import LabelledClip
from training.splits import ClassTable, Dataset, FeatureSet, Split, TrainingSet
from training.writing import write_whole

ARRAYS, CLASSES, CLIPS = "features.npz", "classes.json", "clips.csv"
SPLITS = ("train", "val", "test")


def keep(
    folder: Path, *, features: Mapping[str, FeatureSet], classes: ClassTable, clips: Sequence[LabelledClip]
) -> None:
    """Write the features of each split (`train`, `val`, `test`), their classes and the clips they are of.

    The clips of a split are in the order of its features; those in the folder are named from there, so that it can be
    moved. The arrays are written last: a folder that has them is whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    seen = classes.seen.tolist()
    (folder / CLASSES).write_text(json.dumps({"names": list(classes.names), "seen": seen}, indent=1))
    with (folder / CLIPS).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "split"])
        writer.writerows([_from(folder, clip.path), clip.label, clip.split] for clip in clips)
    arrays = {
        f"{split}_{part}": getattr(features[split], part) for split in SPLITS for part in ("audio", "video", "label")
    }
    write_whole(folder / ARRAYS, lambda file: np.savez(file, text=classes.text, **arrays))


def kept(folder: Path) -> bool:
    """Whether the folder holds features."""
    return (folder / ARRAYS).is_file()


def read(folder: Path, *, name: str) -> Dataset:
    """The data set of a folder that `keep` wrote; raises TrainingDataInvalid where it is not one."""
    try:
        described = json.loads((folder / CLASSES).read_text())
        with (folder / ARRAYS).open("rb") as file, np.load(file) as stored:
            arrays = {key: stored[key] for key in stored.files}
        classes = ClassTable(tuple(described["names"]), arrays["text"], np.array(described["seen"], np.bool_))
        features = {
            split: FeatureSet(*(arrays[f"{split}_{part}"] for part in ("audio", "video", "label"))) for split in SPLITS
        }
    except (OSError, KeyError, TypeError, ValueError, BadZipFile) as error:
        raise TrainingDataInvalid(f"{folder} does not hold kept features: {error}") from error
    return Dataset(
        name=name,
        training=TrainingSet(features["train"], classes),
        validation=Split(features["val"], classes),
        retraining=None,
        test=Split(features["test"], classes),
    )


def clips(folder: Path, split: str) -> list[LabelledClip]:
    """The clips of a split, in the order of its features."""
    with (folder / CLIPS).open(newline="") as file:
        rows = [LabelledClip(folder / row["path"], row["label"], row["split"]) for row in csv.DictReader(file)]  # type: ignore[arg-type]
    return [clip for clip in rows if clip.split == split]


def _from(folder: Path, path: Path) -> str:
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path.absolute())
