"""What people say of a clip in words of their own: a JSON object that SQLite and PostgreSQL keep alike."""

import json
from collections.abc import Iterable, Mapping

from models.errors import InvalidInput

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

LARGEST_BYTES = 16 * 1024
LONGEST_KEY = 64
DEEPEST = 16
WIDEST = 2**63
"""Integers are below it: SQLite reads larger ones as fractions."""


def checked(metadata: Mapping[str, Json]) -> dict[str, Json]:
    """The metadata, if it can be kept and asked for.

    Raises InvalidInput for what is no JSON object, over 16 KiB or 16 levels, for NaN, infinity, NUL, integers of more
    than 64 bits, and for keys that are not 1 to 64 printable characters, or have quotes or backslashes.
    """
    if not isinstance(metadata, Mapping):
        raise InvalidInput(f"metadata is a JSON object, found {type(metadata).__name__}")
    copy = dict(metadata)
    _check(copy, depth=1)
    if (size := _size(copy)) > LARGEST_BYTES:
        raise InvalidInput(f"metadata is at most {LARGEST_BYTES} bytes of JSON, found {size}")
    return copy


def is_key(key: object) -> bool:
    """Whether metadata may have this key; SQLite's paths know no way to write a quote."""
    return isinstance(key, str) and 1 <= len(key) <= LONGEST_KEY and key.isprintable() and not set(key) & set('"\\')


def is_plain(value: object) -> bool:
    """Whether both databases keep this null, boolean, number or text as it is."""
    if isinstance(value, str):
        return "\0" not in value and value.encode(errors="ignore").decode() == value
    if isinstance(value, float):
        return abs(value) < float("inf")
    return value is None or (isinstance(value, int) and -WIDEST <= value < WIDEST)


def _check(value: object, *, depth: int) -> None:
    if depth > DEEPEST:
        raise InvalidInput(f"metadata is at most {DEEPEST} levels deep")
    if isinstance(value, dict):
        _check_keys(value)
    elif isinstance(value, list):
        pass
    elif not is_plain(value):
        raise InvalidInput(f"metadata holds {str(value)[:40]!r}, which JSON or the catalog cannot keep")
    for each in _inside(value):
        _check(each, depth=depth + 1)


def _check_keys(keys: Iterable[object]) -> None:
    if odd := [key for key in keys if not is_key(key)]:
        raise InvalidInput(
            f"a key of metadata is 1 to {LONGEST_KEY} printable characters without quotes and backslashes, "
            f"found {str(odd[0])[:70]!r}"
        )


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _size(metadata: Mapping[str, Json]) -> int:
    return len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())
