"""Filters in SQL: what each database makes of a condition on JSON."""

import json
from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB

from index.catalog.columns import integers
from index.catalog.schema import clips, labels, windows
from index.filters import Condition, Filter, Plain
from models.types import I64

Compare = Callable[[Any, Any], ColumnElement[bool]]
COMPARE: dict[str, Compare] = {"lt": lt, "le": le, "gt": gt, "ge": ge}


def allowed(connection: Connection, gallery: int, filter: Filter) -> I64:
    """[n] the windows, ascending, of the clips of a gallery that pass the filter."""
    query = select(windows.c.id).join(clips).where(clips.c.gallery_id == gallery, *passing(connection, filter))
    return integers(connection, query.order_by(windows.c.id))


def passing(connection: Connection, filter: Filter) -> list[ColumnElement[bool]]:
    """What holds of the rows of clips that pass the filter."""
    value = VALUES[connection.dialect.name]
    return [*_by_labels(filter), *_by_columns(filter), *(_holds(each, value(each.path)) for each in filter.metadata)]


def _by_labels(filter: Filter) -> list[ColumnElement[bool]]:
    asked = [*([filter.labels_any] if filter.labels_any else []), *((label,) for label in filter.labels_all)]
    return [clips.c.id.in_(select(labels.c.clip).where(labels.c.label.in_(words))) for words in asked]


def _by_columns(filter: Filter) -> list[ColumnElement[bool]]:
    asked = [
        (clips.c.added_at, ge, filter.added_from),
        (clips.c.added_at, lt, filter.added_to),
        (clips.c.duration_s, ge, filter.min_duration_s),
        (clips.c.duration_s, le, filter.max_duration_s),
    ]
    those = [] if filter.clip_ids is None else [clips.c.clip_id.in_(filter.clip_ids)]
    return [*(holds(column, bound) for column, holds, bound in asked if bound is not None), *those]


def _holds(condition: Condition, found: "_Value") -> ColumnElement[bool]:
    operator, value = condition.operator, condition.value
    if isinstance(value, tuple):
        return or_(*(found.equals(each) for each in value))
    if operator == "exists":
        return found.is_there if value else ~found.is_there
    if operator in COMPARE:
        return found.compares(COMPARE[operator], value)
    return found.equals(value) if operator == "eq" else found.equals(value).is_not(true())


class _SqliteValue:
    """The value under a path by SQLite's functions of JSON; what is compared with it is read by the same functions."""

    def __init__(self, path: tuple[str, ...]) -> None:
        route = "$" + "".join(f'."{key}"' for key in path)
        self._kind = func.json_type(clips.c.metadata, route)
        self._value = func.json_extract(clips.c.metadata, route)
        self.is_there: ColumnElement[bool] = self._kind.is_not(None)

    def equals(self, value: Plain) -> ColumnElement[bool]:
        """Whether it is of the value's kind and equal to it."""
        if isinstance(value, bool):
            return and_(self._kind == str(value).lower())
        return and_(self._like(value), self._value == _read(value))

    def compares(self, compare: Compare, value: Plain) -> ColumnElement[bool]:
        """Whether it is of the value's kind and `compare` holds."""
        return and_(self._like(value), compare(self._value, _read(value)))

    def _like(self, value: Plain) -> ColumnElement[bool]:
        return self._kind.in_(["text"] if isinstance(value, str) else ["integer", "real"])


class _PostgresValue:
    """The value under a path as JSONB, which compares numbers exactly."""

    def __init__(self, path: tuple[str, ...]) -> None:
        holder: ColumnElement[Any] = clips.c.metadata
        for key in path[:-1]:
            holder = _inside(holder, key)
        self._value = _inside(holder, path[-1])
        self._text = holder.op("->>", return_type=String())(literal(path[-1], String()))
        self._kind = func.jsonb_typeof(self._value)
        self.is_there: ColumnElement[bool] = self._value.is_not(None)

    def equals(self, value: Plain) -> ColumnElement[bool]:
        """Whether it is of the value's kind and equal to it."""
        return self._value == literal(value, JSONB())

    def compares(self, compare: Compare, value: Plain) -> ColumnElement[bool]:
        """Whether it is of the value's kind and `compare` holds."""
        if isinstance(value, str):
            return and_(self._kind == "string", compare(self._text.collate("C"), value))
        return and_(self._kind == "number", compare(self._value, literal(value, JSONB())))


_Value = _SqliteValue | _PostgresValue
VALUES: dict[str, Callable[[tuple[str, ...]], _Value]] = {"sqlite": _SqliteValue, "postgresql": _PostgresValue}


def _read(value: Plain) -> ColumnElement[Any]:
    return func.json_extract(json.dumps(value, ensure_ascii=False), "$")


def _inside(holder: ColumnElement[Any], key: str) -> ColumnElement[Any]:
    """The value of an object's key; an array has none, whatever the key."""
    return holder.op("->", return_type=JSONB())(literal(key, String()))
