"""Clips, their windows and features, galleries and generations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    _bundles_and_galleries()
    _clips()
    _windows()


def _bundles_and_galleries() -> None:
    op.create_table(
        "bundles",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.UniqueConstraint("name", "sha256"),
    )
    op.create_table(
        "galleries",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("active_generation", sa.Integer, nullable=False),
    )
    op.create_table(
        "generations",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("gallery_id", sa.Integer, sa.ForeignKey("galleries.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("bundle_id", sa.Integer, sa.ForeignKey("bundles.id"), nullable=False),
        sa.UniqueConstraint("gallery_id", "number"),
    )


def _clips() -> None:
    op.create_table(
        "clips",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("gallery_id", sa.Integer, sa.ForeignKey("galleries.id", ondelete="CASCADE"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("clip_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("duration_s", sa.Float, nullable=False),
        sa.UniqueConstraint("gallery_id", "clip_id"),
    )
    op.create_index("clips_by_media", "clips", ["sha256"])
    op.create_table(
        "labels",
        sa.Column("clip", sa.Integer, sa.ForeignKey("clips.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("label", sa.String(255), nullable=False),
    )


def _windows() -> None:
    op.create_table(
        "windows",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("clip", sa.Integer, sa.ForeignKey("clips.id", ondelete="CASCADE"), nullable=False),
        sa.Column("start_s", sa.Float, nullable=False),
        sa.Column("end_s", sa.Float, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("windows_of_clip", "windows", ["clip"])
    op.create_table(
        "features",
        sa.Column("window", sa.Integer, sa.ForeignKey("windows.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("sense", sa.String(5), primary_key=True),
        sa.Column("backbone_sha256", sa.String(64), primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
