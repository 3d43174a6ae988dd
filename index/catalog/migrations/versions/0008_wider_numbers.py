"""Numbers of clips and windows of 64 bits on PostgreSQL; those of SQLite have been so all along."""

from alembic import op

revision = "0008"
down_revision = "0007"

WIDER = {
    "clips": ("id",),
    "labels": ("clip",),
    "windows": ("id", "clip"),
    "features": ("window",),
    "changes": ("window",),
}
COUNTED = ("clips", "windows")


def upgrade() -> None:
    """Write each of the tables anew, once; a counter keeps to 32 bits for itself unless it is told."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, columns in WIDER.items():
        changed = ", ".join(f'ALTER COLUMN "{column}" TYPE bigint' for column in columns)
        op.execute(f"ALTER TABLE {table} {changed}")
    for table in COUNTED:
        op.execute(f"ALTER SEQUENCE {table}_id_seq AS bigint")
