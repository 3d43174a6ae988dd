"""The clips that an ingest job has to do: found in a folder, listed by a csv, or uploaded."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from models.errors import InvalidInput, MediaInvalid, QueryInvalid
from models.media.collection import Item
from models.types import I64

LIST = "items.jsonl"


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


def inside(item: Item, root: Path, *also: Path) -> Path:
    """An item's file below `root`, or below another folder that is its place; raises InvalidInput where it is none."""
    if item.problem is not None:
        raise InvalidInput(item.problem)
    path = (root / item.path).resolve()
    if not any(path.is_relative_to(each.resolve()) for each in (root, *also)) or not path.is_file():
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
