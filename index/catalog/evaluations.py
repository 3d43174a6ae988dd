"""Rows of evaluations: what was asked of a generation, and the figures that came of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from index.catalog.schema import evaluations
from index.metadata import Json
from models.errors import EvaluationNotFound

Document = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """An evaluation of one generation by a protocol; `made_at` in seconds since the epoch."""

    key: int
    generation: int
    protocol: str
    request: Document
    report: Document
    made_at: float


def add(
    connection: Connection, gallery: int, *, generation: int, protocol: str, request: Document, report: Document
) -> EvaluationRow:
    """Write an evaluation, made now."""
    values = {
        "gallery_id": gallery,
        "generation": generation,
        "protocol": protocol,
        "request": dict(request),
        "report": dict(report),
        "made_at": time.time(),
    }
    written = insert(evaluations).values(values).returning(evaluations)
    return _row(connection.execute(written).one())


def get(connection: Connection, gallery: int, key: int) -> EvaluationRow:
    """The evaluation of that key; raises EvaluationNotFound."""
    those = (evaluations.c.gallery_id == gallery) & (evaluations.c.id == key)
    row = connection.execute(select(evaluations).where(those)).one_or_none()
    if row is None:
        raise EvaluationNotFound(f"there is no evaluation {key} of this gallery")
    return _row(row)


def listed(connection: Connection, gallery: int) -> list[EvaluationRow]:
    """All of a gallery, in the order they were made."""
    query = select(evaluations).where(evaluations.c.gallery_id == gallery).order_by(evaluations.c.id)
    return [_row(row) for row in connection.execute(query)]


def keys_of(connection: Connection, gallery: int, generation: int) -> list[int]:
    """Those of a generation's evaluations, ascending."""
    those = (evaluations.c.gallery_id == gallery) & (evaluations.c.generation == generation)
    return list(connection.scalars(select(evaluations.c.id).where(those).order_by(evaluations.c.id)))


def remove(connection: Connection, gallery: int, key: int) -> None:
    """Delete the evaluation of that key; raises EvaluationNotFound."""
    get(connection, gallery, key)
    connection.execute(delete(evaluations).where((evaluations.c.gallery_id == gallery) & (evaluations.c.id == key)))


def _row(row: Row[Any]) -> EvaluationRow:
    return EvaluationRow(row.id, row.generation, row.protocol, row.request, row.report, row.made_at)
