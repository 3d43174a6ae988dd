"""Why windows lack a sense, and the rules by which a clip was cut and decoded."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add them; of windows that are there nothing is known, and no rules that are in force are those of their clips."""
    absent = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("windows", sa.Column("absent", absent, nullable=False, server_default="{}"))
    op.add_column("clips", sa.Column("rules", sa.Integer(), nullable=False, server_default="0"))
