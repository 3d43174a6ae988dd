"""What does not hold of something given, in plain words: where, what was found, and what was expected instead."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from json import dumps
from typing import Any

from pydantic import ValidationError

Told = Mapping[str, Any]
"""A fault as pydantic tells it: `type`, `loc`, `input`, `msg`, and perhaps `ctx`."""

OBJECT, LIST = "an object of names and values", "a list"
WHOLE, NUMBER, FLAG = "a whole number", "a number", "true or false"
MOMENT = "a time with its offset, such as 2026-01-31T12:00:00Z"
EXPECTED: Mapping[str, str] = {
    "missing": "a value",
    "extra_forbidden": "no such name",
    "int_type": WHOLE,
    "int_parsing": WHOLE,
    "int_parsing_size": WHOLE,
    "int_from_float": WHOLE,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": "a number that is finite",
    "bool_type": FLAG,
    "bool_parsing": FLAG,
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_type": "text",
    "string_unicode": "text in UTF-8",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "text of the form {pattern}",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "too_short": "at least {min_length} values",
    "too_long": "at most {max_length} values",
    "tuple_type": LIST,
    "list_type": LIST,
    "set_type": LIST,
    "frozen_set_type": LIST,
    "dict_type": OBJECT,
    "model_type": OBJECT,
    "model_attributes_type": OBJECT,
    "datetime_type": MOMENT,
    "datetime_parsing": MOMENT,
    "datetime_from_date_parsing": MOMENT,
    "datetime_object_invalid": MOMENT,
    "timezone_aware": MOMENT,
    "path_type": "a path",
    "json_invalid": "JSON",
    "json_type": "JSON",
}
"""What each kind of fault that pydantic knows expects; its own words are for those who write the types."""
ONE = re.compile(r"\b1 (character|value)s\b")
CHOICE = re.compile(r"^(\[key\]|constrained-\w+|int|str|float|bool|\w+\[.*\]|function-.*|[A-Z]\w+)$")
"""Parts of a location by which pydantic tells which type of several was tried; no name that is given looks so."""
SHOWN, NOTHING = 80, "nothing"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not hold: where, what was found there, and what was expected, each without these words."""

    where: str
    found: str
    expected: str

    def __str__(self) -> str:
        at = f"{self.where}: " if self.where else ""
        return f"{at}found {self.found}, expected {self.expected}"


def faults_of(told: Iterable[Told]) -> tuple[Fault, ...]:
    """Each place that does not hold, once: of a value that may be of several types all of them are expected."""
    merged: dict[str, Fault] = {}
    for each in led(told):
        fault = Fault(place(each["loc"]), _found(each), _expected(each))
        merged[fault.where] = _both(merged[fault.where], fault) if fault.where in merged else fault
    return tuple(merged.values())


def led(told: Iterable[Told]) -> list[Told]:
    """Without what only follows from another: a list is too short where none of its entries holds."""
    some = list(told)
    return [each for each in some if each["type"] != "too_short" or not any(_is_within(each, one) for one in some)]


def said(error: ValidationError, *, of: str = "") -> str:
    """All faults in one line, of something that has a name or none."""
    told = [{**each, "loc": (*filter(None, (of,)), *each["loc"])} for each in error.errors(include_url=False)]
    return "; ".join(str(each) for each in faults_of(told))


def place(parts: Iterable[object]) -> str:
    """A location in one word, as `queries.0.text`."""
    return ".".join(str(each) for each in parts if not CHOICE.match(str(each)))


def shown(value: object) -> str:
    """What was given, or its beginning, as JSON has it where Python has another word."""
    if value is None or isinstance(value, bool):
        return dumps(value)
    text = repr(value[:100] if isinstance(value, str | list | tuple) else value)  # so that little of much is written
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _found(told: Told) -> str:
    match told["type"]:
        case "missing":
            return NOTHING
        case "string_too_long":
            return f"{len(told['input'])} characters"
        case "too_long" if (length := told["ctx"].get("actual_length")) is not None:
            return f"{length} values"
        case "extra_forbidden":
            return "a name that is not known"
    return shown(told.get("input"))


def _expected(told: Told) -> str:
    if (words := EXPECTED.get(told["type"])) is not None:
        return ONE.sub(r"1 \1", words.format_map(told.get("ctx", {})))
    own: str = told["msg"].removeprefix("Value error, ")  # of a check of ours, which says what is expected
    return own.partition("expected ")[2] or own[:1].lower() + own[1:]


def _is_within(whole: Told, part: Told) -> bool:
    where = whole["loc"]
    return len(part["loc"]) > len(where) and part["loc"][: len(where)] == where


def _both(one: Fault, other: Fault) -> Fault:
    if other.expected in one.expected.split(" or "):
        return one
    return Fault(one.where, one.found, f"{one.expected} or {other.expected}")
