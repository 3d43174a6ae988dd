"""The names of a classifier's classes, read from the list that comes with it."""

import csv
from pathlib import Path

from models.errors import BundleInvalid, DataMissing

COLUMNS = ("display_name", "name")
"""What the column of names may be called in a csv."""


def read_names(path: Path) -> tuple[str, ...]:
    """The names in the order of the classifier's outputs: the lines of a text, or a column of a csv.

    Raises:
        DataMissing: there is no such file.
        BundleInvalid: it is no text, its csv has no column of names, or one of them is empty.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DataMissing(f"there is no list of classes {path}") from error
    except UnicodeDecodeError as error:
        raise BundleInvalid(f"{path.name} is no list of classes: it is not text in UTF-8") from error
    lines = content.splitlines()
    names = _column(lines, path) if path.suffix.lower() == ".csv" else lines
    if not names:
        raise BundleInvalid(f"{path.name} is no list of classes: it is empty")
    return tuple(_checked(name, row, path) for row, name in enumerate(names, 1))


def _column(lines: list[str], path: Path) -> list[str]:
    table = csv.DictReader(lines)
    found = table.fieldnames or ()
    column = next((each for each in COLUMNS if each in found), None)
    if column is None:
        raise BundleInvalid(f"{path.name} has the columns {', '.join(found)}; expected one of {' or '.join(COLUMNS)}")
    return [row[column] or "" for row in table]


def _checked(name: str, row: int, path: Path) -> str:
    words = " ".join(name.split())
    if not words:
        raise BundleInvalid(f"{path.name}: class {row} has no name")
    return words
