"""A token with every change, by which the histories of two catalogs are told apart."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

RANDOM = {"sqlite": "abs(random() / 2) + 1", "postgresql": "floor(random() * 4e18)::bigint + 1"}


def upgrade() -> None:
    """Add them; changes that are there get theirs now: a snapshot of vectors from before is not known by any."""
    op.add_column("changes", sa.Column("token", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(f"UPDATE changes SET token = {RANDOM[op.get_bind().dialect.name]}")
