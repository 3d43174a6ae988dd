"""Metadata and moments, the sequence of changes, the state and report of generations, evaluations.

Only new columns, tables and indexes: a table that SQLite rebuilds would lose the rows that refer to it, and forget
which ids of windows were given before.
"""

import time
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Add them; clips that are there count as added at this moment, and each of their windows is a change."""
    _add_columns()
    _add_changes()
    _add_evaluations()
    _take_over()
    if sa.inspect(op.get_bind()).has_table("about"):  # which told the schema's version before Alembic did
        op.drop_table("about")


def _add_columns() -> None:
    op.add_column("galleries", _column("position", sa.BigInteger(), "0"))
    op.add_column("generations", _column("state", sa.String(8), "ready"))
    op.add_column("generations", _column("made_at", sa.Float(), "0"))
    op.add_column("generations", _column("report", JSON, "{}"))
    op.add_column("clips", _column("metadata", JSON, "{}"))
    op.add_column("clips", _column("added_at", sa.Float(), "0"))
    op.add_column("windows", _column("gallery_id", sa.Integer(), "0"))
    op.create_index("windows_of_gallery", "windows", ["gallery_id", "id"])
    op.create_index("clips_by_label", "labels", ["label", "clip"])
    op.create_index("clips_by_time", "clips", ["gallery_id", "added_at"])


def _add_changes() -> None:
    op.create_table(
        "changes",
        sa.Column("gallery_id", sa.Integer, sa.ForeignKey("galleries.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("window", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(7), nullable=False),
        sqlite_with_rowid=False,
    )


def _add_evaluations() -> None:
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("gallery_id", sa.Integer, sa.ForeignKey("galleries.id", ondelete="CASCADE"), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("protocol", sa.String(64), nullable=False),
        _column("request", JSON, "{}"),
        _column("report", JSON, "{}"),
        _column("made_at", sa.Float(), "0"),
    )
    op.create_index("evaluations_of_gallery", "evaluations", ["gallery_id", "id"])


def _take_over() -> None:
    for moment in ("UPDATE clips SET added_at = :now", "UPDATE generations SET made_at = :now"):
        op.execute(sa.text(moment).bindparams(now=time.time()))
    op.execute("UPDATE windows SET gallery_id = (SELECT gallery_id FROM clips WHERE clips.id = windows.clip)")
    op.execute(
        'INSERT INTO changes (gallery_id, position, "window", kind) '
        "SELECT gallery_id, row_number() OVER (PARTITION BY gallery_id ORDER BY id), id, 'added' FROM windows"
    )
    op.execute("UPDATE galleries SET position = (SELECT count(*) FROM windows WHERE windows.gallery_id = galleries.id)")


def _column(name: str, kind: sa.types.TypeEngine[Any], default: str) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, server_default=default)
