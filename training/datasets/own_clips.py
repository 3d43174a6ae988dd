"""Clips of one's own, from a csv of `path` and `label`, and `split` where somebody has decided on it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np

from models.errors import DataMissing, TrainingDataInvalid
from models.types import Bool
from training.datasets.class_lists import rows_of
from training.experiment import LabelledClip

Part = Literal["train", "val", "test"]
PARTS: dict[str, Part] = {"train": "train", "val": "val", "test": "test"}
COLUMNS = ("path", "label", "split", "metadata")  # the last of use to galleries
SHOWN = 3
"""Missing files that a message names, at most."""


def read(table: Path) -> list[LabelledClip]:
    """The clips of a csv, in its order; paths count from the csv's folder.

    Where there is no column `split`, 70, 15 and 15 % of every class are for training, validation and test: by the
    hash of the path as written, so that it is the same everywhere. Classes of one or two clips are trained on only.

    Raises:
        DataMissing: the csv or a clip's file is not there.
        TrainingDataInvalid: another column, an empty label, an unknown split, a clip listed twice, a split without
            clips, fewer than two classes to train on; the row is named, counted from 1 after the header.
    """
    if not table.is_file():
        raise DataMissing(f"{table} is not there; expected a csv of path, label and perhaps split")
    rows = rows_of(table, columns=COLUMNS[:2])
    if odd := [column for column in (rows[0] if rows else ()) if column not in COLUMNS]:
        raise TrainingDataInvalid(
            f"{table} has a column {odd[0]!r}; expected path, label and perhaps split and metadata"
        )
    parts = [row["split"] for row in rows] if rows and "split" in rows[0] else _drawn(rows)
    clips = [_clip(row, part, table, number) for number, (row, part) in enumerate(zip(rows, parts, strict=True), 1)]
    _check_files(clips, table)
    _check_parts(clips, table)
    return clips


def sides(clips: Sequence[LabelledClip]) -> tuple[tuple[str, ...], Bool]:
    """The classes' names, sorted, and which [c] are seen: those with clips to train on."""
    names = tuple(sorted({clip.label for clip in clips}))
    trained = {clip.label for clip in clips if clip.split == "train"}
    return names, np.array([name in trained for name in names])


def _clip(row: Mapping[str, str], part: str, table: Path, number: int) -> LabelledClip:
    if not row["label"].strip() or not row["path"].strip():
        raise TrainingDataInvalid(f"{table}: row {number} has an empty {'path' if row['label'].strip() else 'label'}")
    if part not in PARTS:
        raise TrainingDataInvalid(f"{table}: row {number} has the split {part!r}; expected {', '.join(PARTS)}")
    return LabelledClip(table.parent / row["path"], row["label"].strip(), PARTS[part])


def _drawn(rows: Sequence[Mapping[str, str]]) -> list[Part]:
    """A part for every row: of each class's clips, in the order of their hashes, the first are held out."""
    by_class: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        by_class[row["label"].strip()].append(number)
    parts: list[Part] = ["train"] * len(rows)
    for numbers in by_class.values():
        numbers.sort(key=lambda number: sha256(rows[number]["path"].encode()).digest())
        held = max(round(0.15 * len(numbers)), 1) if len(numbers) > 2 else 0
        for number in numbers[:held]:
            parts[number] = "val"
        for number in numbers[held : 2 * held]:
            parts[number] = "test"
    return parts


def _check_files(clips: Sequence[LabelledClip], table: Path) -> None:
    """Raise where a file is not there, or is listed twice: a clip in two splits would be tested on what was learnt."""
    missing = [(number, clip.path) for number, clip in enumerate(clips, 1) if not clip.path.is_file()]
    if missing:
        shown = ", ".join(f"{path} (row {number})" for number, path in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise DataMissing(f"{table} lists clips that are not there: {shown}{more}")
    first: dict[Path, int] = {}
    for number, clip in enumerate(clips, 1):
        if (before := first.setdefault(clip.path.resolve(), number)) != number:
            raise TrainingDataInvalid(f"{table}: rows {before} and {number} are both {clip.path}")


def _check_parts(clips: Sequence[LabelledClip], table: Path) -> None:
    present = {clip.split for clip in clips}
    if absent := [part for part in PARTS if part not in present]:
        raise TrainingDataInvalid(f"{table} has {len(clips)} clips, none of them for {' or '.join(absent)}")
    _, seen = sides(clips)
    if (count := int(seen.sum())) < 2:
        raise TrainingDataInvalid(f"{table} has {count} class to train on; expected at least 2")
