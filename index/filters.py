"""Which clips a search may find: by labels, metadata, the time they came, how long they are, and ids."""

from dataclasses import dataclass
from typing import Literal, get_args

from index.metadata import DEEPEST, is_key, is_plain
from models.errors import QueryInvalid

Plain = bool | int | float | str
Operator = Literal["eq", "ne", "lt", "le", "gt", "ge", "in", "exists"]
MOST_VALUES = 1000
MOST_CONDITIONS = 32
MOST_CLIPS = 10_000
"""How many things a filter may list."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of the value that clips have under `path`, key by key into objects; raises QueryInvalid.

    `eq`, `in`: it is this value, or one of these: 1 is 1.0, but not true, and not "1".
    `ne`: where `eq` does not hold, a missing key included.
    `lt`, `le`, `gt`, `ge`: it is a number below, up to, above, from this one; or text in the order of code points.
    `exists`: the key is there, with null or anything else (true), or it is missing (false).
    """

    path: tuple[str, ...]
    operator: Operator
    value: Plain | tuple[Plain, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.path) <= DEEPEST or not all(map(is_key, self.path)):
            raise QueryInvalid(f"a condition's path is 1 to {DEEPEST} keys that metadata can have, found {self.path!r}")
        if self.operator not in get_args(Operator):
            known = ", ".join(get_args(Operator))
            raise QueryInvalid(f"a condition's operator is one of {known}, found {self.operator!r}")
        if not _fits(self.operator, self.value):
            raise QueryInvalid(f"{self.operator} takes {TAKES[self.operator]}, found {str(self.value)[:80]!r}")


PLAIN, ORDERED = "true, false, a finite number or text", "a finite number or text"
TAKES: dict[Operator, str] = {
    "eq": PLAIN,
    "ne": PLAIN,
    "lt": ORDERED,
    "le": ORDERED,
    "gt": ORDERED,
    "ge": ORDERED,
    "in": f"1 to {MOST_VALUES} of {PLAIN}",
    "exists": "true or false",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What clips must be to be found, all of it at once; raises QueryInvalid.

    Args:
        labels_any: one of these labels at least; () asks for none.
        labels_all: each of these labels.
        metadata: conditions, each of which holds.
        added_from, added_to: seconds since the epoch, `[from, to)`.
        min_duration_s, max_duration_s: how long they are, both included.
        clip_ids: these clips only; None for all.
    """

    labels_any: tuple[str, ...] = ()
    labels_all: tuple[str, ...] = ()
    metadata: tuple[Condition, ...] = ()
    added_from: float | None = None
    added_to: float | None = None
    min_duration_s: float | None = None
    max_duration_s: float | None = None
    clip_ids: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        _check_list("labels_any", self.labels_any, MOST_VALUES)
        _check_list("labels_all", self.labels_all, MOST_CONDITIONS)
        _check_list("clip_ids", self.clip_ids or (), MOST_CLIPS)
        if len(self.metadata) > MOST_CONDITIONS:
            raise QueryInvalid(f"a filter has at most {MOST_CONDITIONS} conditions, found {len(self.metadata)}")
        for moment in (self.added_from, self.added_to):
            if moment is not None and not _is_number(moment):
                raise QueryInvalid(f"a filter's times are seconds since the epoch, found {moment!r}")
        for length in (self.min_duration_s, self.max_duration_s):
            if length is not None and not _is_number(length):
                raise QueryInvalid(f"a filter's durations are seconds, found {length!r}")


def _check_list(name: str, words: tuple[str, ...], most: int) -> None:
    if len(words) > most:
        raise QueryInvalid(f"a filter's {name} are at most {most}, found {len(words)}")
    if odd := [word for word in words if not isinstance(word, str) or not is_plain(word)]:
        raise QueryInvalid(f"a filter's {name} are text, found {odd[0]!r}")


def _fits(operator: Operator, value: object) -> bool:
    if operator == "exists":
        return isinstance(value, bool)
    if operator == "in":
        return isinstance(value, tuple) and 1 <= len(value) <= MOST_VALUES and all(map(_is_value, value))
    return _is_value(value) and (operator in ("eq", "ne") or not isinstance(value, bool))


def _is_value(value: object) -> bool:
    return isinstance(value, bool | int | float | str) and is_plain(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and is_plain(value)
