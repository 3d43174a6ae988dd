"""The text files that say which classes a data set has, and how people write their names."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from models.errors import TrainingDataInvalid


@dataclass(frozen=True, slots=True)
class ClassNames:
    """All classes of a data set, sorted as their ids in its release are; no two differ in case only."""

    names: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> "ClassNames":
        """From a list of all classes; raises TrainingDataInvalid for one that is empty, or names a class twice."""
        return cls(tuple(sorted(listed(path))))

    def spelt(self, names: Iterable[str], *, source: Path) -> tuple[str, ...]:
        """The names as this list spells them, sorted: files of a release differ in upper and lower case.

        Raises:
            TrainingDataInvalid: the source names a class that there is not.
        """
        known = {name.lower(): name for name in self.names}
        if odd := sorted(name for name in names if name.lower() not in known):
            raise TrainingDataInvalid(f"{source} has {', '.join(odd[:3])}, which the list of all classes does not")
        return tuple(sorted(known[name.lower()] for name in names))


def listed(path: Path) -> list[str]:
    """The classes of a text file, one a line; quotes around them and commas after them are no part of them.

    Raises:
        TrainingDataInvalid: there is none, or one twice, which is named.
    """
    names = [_bare(line) for line in text_of(path).splitlines() if line.strip()]
    if not names:
        raise TrainingDataInvalid(f"{path} lists no class")
    _refuse_twice(names, path)
    return names


def written_names(path: Path) -> dict[str, str]:
    """How people write the classes of a csv with the columns `original` and `manual`, by their names in lower case.

    Names may be quoted and hold commas. Raises TrainingDataInvalid for other columns, or a class twice.
    """
    rows = rows_of(path, columns=("original", "manual"))
    _refuse_twice([row["original"] for row in rows], path)
    return {row["original"].lower(): row["manual"] for row in rows}


def rows_of(path: Path, *, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a csv by its header's names; raises TrainingDataInvalid where a column or a field is missing."""
    reader = csv.DictReader(StringIO(text_of(path), newline=""))
    try:
        rows = list(reader)
    except csv.Error as error:
        raise TrainingDataInvalid(f"{path}, line {reader.line_num}, is not csv: {error}") from error
    found = reader.fieldnames or ()
    if missing := [column for column in columns if column not in found]:
        raise TrainingDataInvalid(f"{path} has no column {missing[0]!r}, found {', '.join(found) or 'nothing'}")
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise TrainingDataInvalid(f"{path}: row {number} does not have the {len(found)} fields of the header")
    return rows


def text_of(path: Path) -> str:
    """The text of a file; raises TrainingDataInvalid where it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TrainingDataInvalid(f"{path} is not UTF-8 text: {error}") from error


def _bare(line: str) -> str:
    line = line.strip()
    quoted = line.rstrip(",").rstrip()
    return quoted[1:-1] if len(quoted) > 2 and quoted[0] == quoted[-1] == "'" else line


def _refuse_twice(names: Sequence[str], path: Path) -> None:
    for name, times in Counter(name.lower() for name in names).most_common(1):
        if times > 1:
            raise TrainingDataInvalid(f"{path} lists the class {name!r} {times} times")
