"""Keys, what was done with them, answers that are given again, vocabularies, and ids of evaluations for good."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the tables, empty."""
    op.create_table(
        "keys",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("hint", sa.String(16), nullable=False),
        _json("scopes"),
        _json("galleries"),
        sa.Column("rate", sa.String(32), nullable=True),
        sa.Column("at_once", sa.Integer(), nullable=True),
        _moment("made_at"),
        sa.Column("expires_at", sa.Float(), nullable=True),
        sa.Column("used_at", sa.Float(), nullable=True),
        sa.Column("revoked_at", sa.Float(), nullable=True),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        _moment("at"),
        sa.Column("caller", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("action", sa.String(255), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        _json("detail"),
        sa.Index("audit_by_time", "at"),
    )
    op.create_table(
        "replies",
        sa.Column("caller", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        _json("headers"),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        _moment("made_at"),
        sa.Index("replies_by_time", "made_at"),
    )
    op.create_table(
        "vocabularies",
        sa.Column("name", sa.String(64), primary_key=True),
        _json("classes"),
        sa.Column("version", sa.Integer(), nullable=False),
        _moment("made_at"),
        _moment("changed_at"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _make_evaluations_anew()


def _make_evaluations_anew() -> None:
    """Now that one can be deleted, its id must not be given to another: PostgreSQL's sequences give none twice, and of
    SQLite only a table that was made so. Nothing refers to evaluations."""
    op.drop_index("evaluations_of_gallery", "evaluations")
    op.rename_table("evaluations", "evaluations_before")
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("gallery_id", sa.Integer(), sa.ForeignKey("galleries.id", ondelete="CASCADE"), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("protocol", sa.String(64), nullable=False),
        _json("request"),
        _json("report"),
        _moment("made_at"),
        sqlite_autoincrement=True,
    )
    columns = "id, gallery_id, generation, protocol, request, report, made_at"
    op.execute(f"INSERT INTO evaluations ({columns}) SELECT {columns} FROM evaluations_before")
    op.drop_table("evaluations_before")
    op.create_index("evaluations_of_gallery", "evaluations", ["gallery_id", "id"])


def _json(name: str) -> "sa.Column[object]":
    kind = sa.JSON().with_variant(JSONB(), "postgresql")
    return sa.Column(name, kind, nullable=False, server_default="{}")


def _moment(name: str) -> "sa.Column[float]":
    return sa.Column(name, sa.Float(), nullable=False, server_default="0")
