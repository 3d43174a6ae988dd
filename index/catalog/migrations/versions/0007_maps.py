"""Maps of evaluations."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table, empty."""
    of = sa.ForeignKey("evaluations.id", ondelete="CASCADE")
    op.create_table(
        "maps",
        sa.Column("evaluation", sa.Integer(), of, primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
