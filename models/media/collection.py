"""Clips that somebody has: a folder of files, or a csv that lists them."""

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.errors import QueryInvalid
from models.media.names import UNKNOWN, media_type

Metadata = dict[str, Any]
COLUMNS, OPTIONAL = {"path", "label"}, {"split", "metadata"}  # a split is of use to training
BETWEEN = ";"


@dataclass(frozen=True, slots=True)
class Item:
    """A clip's file, its name, labels and metadata; `problem` where its row of a csv already rules it out."""

    path: str  # absolute, or from the folder that the job reads
    name: str
    labels: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=dict)
    problem: str | None = None


def listed(source: Path) -> Iterator[Item]:
    """The clips of a folder or a csv, in order; raises QueryInvalid for a csv with other columns."""
    return _in_folder(source) if source.is_dir() else _in_table(source)


def _in_folder(folder: Path) -> Iterator[Item]:
    """Files of media, hidden ones left out; one in a subfolder is labelled with that folder's name."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(each for each in files if not each.startswith(".") and media_type(each) != UNKNOWN):
            path = Path(place) / name
            inside = path.relative_to(folder).parts
            yield Item(str(path), "/".join(inside), labels=inside[:-1][:1])


def _in_table(table: Path) -> Iterator[Item]:
    with table.open(newline="", encoding="utf-8-sig") as lines:
        rows = csv.DictReader(lines)
        found = rows.fieldnames or ()
        if set(found) - OPTIONAL != COLUMNS:
            named = ", ".join(found) or "nothing"
            raise QueryInvalid(
                f"{table.name} has the columns {named}; expected path, label and perhaps split and metadata"
            )
        yield from (_of_row(table, number, row) for number, row in enumerate(rows, 1))


def _of_row(table: Path, number: int, row: dict[str, str | None]) -> Item:
    path = (row["path"] or "").strip()
    labels = tuple(each.strip() for each in (row["label"] or "").split(BETWEEN) if each.strip())
    item = Item(str(table.parent / path), path or f"row {number}", labels)
    if odd := "no path" if not path else "more values than the header" if None in row else "":
        return replace(item, problem=f"row {number} of {table.name} has {odd}")
    try:
        return replace(item, metadata=_metadata(row.get("metadata")))
    except ValueError:
        return replace(item, problem=f"the metadata of row {number} of {table.name} is no JSON object")


def _metadata(text: str | None) -> Metadata:
    found = json.loads(text) if text and text.strip() else {}
    if not isinstance(found, dict):
        raise ValueError
    return found
