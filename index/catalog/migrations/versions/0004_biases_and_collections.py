"""Biases of a generation's routes, how often a gallery's vectors were built anew, and vectors that lie in Milvus."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add them; no route of a generation that is there is corrected."""
    biases = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("generations", sa.Column("biases", biases, nullable=False, server_default="{}"))
    op.add_column("galleries", sa.Column("built", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "collections",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("gallery_id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("space", sa.String(64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("token", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("is_whole", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
