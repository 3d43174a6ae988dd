"""Alembic, set up in code for the migrations beside this file."""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def known_revisions() -> list[str]:
    """The revisions that this version can read, oldest first."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return sorted(each.revision for each in scripts)


def run_migrations(connection: Connection, to: str = "head") -> None:
    """Bring the schema to a revision, in the connection's own transaction."""
    command.upgrade(_config(connection), to)


def stamp(connection: Connection, revision: str) -> None:
    """Write down that the schema is of this revision."""
    command.stamp(_config(connection), revision)


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "index.catalog:migrations")
    return config
