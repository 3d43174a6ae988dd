"""The clips that an ingest job has to do: found in a folder, listed by a csv, or uploaded."""

import csv
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from index.clips import media_type
from index.metadata import Json
from models.errors import InvalidInput, MediaInvalid, QueryInvalid
from models.types import I64

Metadata = dict[str, Json]
UNKNOWN = "application/octet-stream"
COLUMNS, OPTIONAL = {"path", "label"}, {"metadata"}
LIST = "items.jsonl"
BETWEEN = ";"


@dataclass(frozen=True, slots=True)
class Item:
    """A clip's file, its name, labels and metadata; `problem` where its row of a csv already rules it out."""

    path: str  # absolute, or from the folder that the job reads
    name: str
    labels: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=dict)
    problem: str | None = None


class ItemList:
    """Items in a file, one JSON object a line, read by number; a job of a million needs 8 MB."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._starts = _starts(path)

    def __len__(self) -> int:
        return len(self._starts)

    def read(self, first: int, count: int) -> list[Item]:
        """Those from number `first` on, `count` at most."""
        found = self._starts[first : first + count]
        with self._path.open("rb") as lines:
            if len(found):
                lines.seek(int(found[0]))
            return [_item(lines.readline()) for _ in found]


def write(items: Iterable[Item], folder: Path) -> ItemList:
    """Keep a job's items in its folder, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{LIST}"
    with draft.open("w", encoding="utf-8") as lines:
        for each in items:
            lines.write(json.dumps(asdict(each)) + "\n")
        lines.flush()
        os.fsync(lines.fileno())
    draft.rename(folder / LIST)
    return ItemList(folder / LIST)


def checked_source(source: str, root: Path | None) -> Path:
    """The folder or csv below `root` that a request names; raises QueryInvalid."""
    if root is None:
        raise QueryInvalid("this service reads no files of its own machine: its setting ingest_root is not set")
    path = (root / source).resolve()
    if not path.is_relative_to(root.resolve()):
        raise QueryInvalid(f"source: found {source!r}, expected a folder or a csv below the setting ingest_root")
    if not path.is_dir() and not (path.is_file() and path.suffix.lower() == ".csv"):
        raise QueryInvalid(f"source: found no folder and no csv at {source!r} below the setting ingest_root")
    return path


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
            raise QueryInvalid(f"{table.name} has the columns {named}; expected path, label and perhaps metadata")
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


def inside(item: Item, root: Path) -> Path:
    """An item's file below `root`, links followed; raises InvalidInput where it is none."""
    if item.problem is not None:
        raise InvalidInput(item.problem)
    path = (root / item.path).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise MediaInvalid("it is no file below the folder that jobs may read")
    return path


def _starts(path: Path) -> I64:
    starts, at = [], 0
    with path.open("rb") as lines:
        for line in lines:
            starts.append(at)
            at += len(line)
    return np.array(starts, np.int64)


def _item(line: bytes) -> Item:
    found = json.loads(line)
    return Item(**{**found, "labels": tuple(found["labels"])})
