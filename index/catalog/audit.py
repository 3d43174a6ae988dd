"""Rows of the audit: what was done by whom, when, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from index.catalog.schema import audit
from index.metadata import Json

LONGEST_ACTION, LONGEST_NAME, LONGEST_ID = 255, 64, 128


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done: at a moment, by a caller (empty: nobody was asked for a key), with the status it had.

    What is longer than the catalog keeps is cut.
    """

    at: float
    caller: str
    request_id: str
    action: str
    status: int
    detail: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A deed that was written; keys ascend as they are written."""

    key: int
    deed: Deed


def add(connection: Connection, deed: Deed) -> None:
    """Write a deed."""
    values = {
        "at": deed.at,
        "caller": deed.caller[:LONGEST_NAME],
        "request_id": deed.request_id[:LONGEST_ID],
        "action": deed.action[:LONGEST_ACTION],
        "status": deed.status,
        "detail": dict(deed.detail),
    }
    connection.execute(insert(audit).values(values))


def newest(connection: Connection, *, before: int | None, limit: int) -> list[AuditRow]:
    """Rows from the newest on, or from the one before that key; at most so many."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    return [_row(row) for row in connection.execute(query if before is None else query.where(audit.c.id < before))]


def forget(connection: Connection, *, before: float) -> int:
    """Delete what was done before that moment; returns how much that was."""
    return connection.execute(delete(audit).where(audit.c.at < before)).rowcount


def _row(row: Row[Any]) -> AuditRow:
    return AuditRow(row.id, Deed(row.at, row.caller, row.request_id, row.action, row.status, row.detail))
