"""A catalog as this version reads it: made, upgraded or refused when it is opened."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, column, func, inspect, select, table

from index.catalog.schema import REVISION, galleries
from models.disk import sync
from models.errors import CatalogInvalid, Unavailable

FIRST = "0001"
"""The revision that catalogs had which tell their schema's version, 1, in a table `about`."""

LOCK = 0x5167_6874
"""What processes that upgrade a PostgreSQL database wait for: any number that nobody else takes."""


def upgrade(engine: Engine) -> None:
    """Bring the catalog to this version's revision, if it is not there yet, in one locked transaction.

    A SQLite catalog that has galleries is copied first, to a file beside it with its old revision at the end.
    Raises CatalogInvalid for a revision that is not known here, and for somebody else's tables; Unavailable where
    there is no room for the copy.
    """
    with engine.connect() as connection, connection.begin():
        if _recorded(connection) == REVISION:
            return
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        _lock(connection)
        _migrate(connection)


def _migrate(connection: Connection) -> None:
    # Most catalogs are up to date: those open without waiting for Alembic to be imported.
    from index.catalog.migrating import known_revisions, run_migrations

    found = _revision(connection)
    if found not in (None, *known_revisions()):
        raise CatalogInvalid(f"the catalog has revision {found}, this version reads {', '.join(known_revisions())}")
    if found is not None:
        _wait_for_readers(connection)
        _keep(connection, found)
    run_migrations(connection)


def _revision(connection: Connection) -> str | None:
    """The revision of the tables that are there, None where there are none."""
    if (recorded := _recorded(connection)) is not None:
        return recorded
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    version = _version(connection) if "about" in tables else None
    if version != "1":
        raise CatalogInvalid(f"the catalog has schema version {version or 'unknown'}, this version reads 1")
    return FIRST


def _recorded(connection: Connection) -> str | None:
    """What Alembic wrote down."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(select(column("version_num")).select_from(table("alembic_version"))).scalar()


def _version(connection: Connection) -> str | None:
    about = table("about", column("key"), column("value"))
    return connection.execute(select(about.c.value).where(about.c.key == "schema_version")).scalar()


def _lock(connection: Connection) -> None:
    """On SQLite, the transaction is the lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))


def _wait_for_readers(connection: Connection) -> None:
    """Until none is left, and keep others out: what they see must not be from before a table was written anew.

    On SQLite they go on with what they see.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {galleries.name} IN ACCESS EXCLUSIVE MODE")


def _keep(connection: Connection, found: str) -> None:
    """A copy, and Alembic's word for a revision that only we know of."""
    from index.catalog.migrating import stamp

    place = connection.engine.url.database
    if connection.dialect.name == "sqlite" and place and connection.execute(select(galleries.c.id)).first():
        _copy(place, found)
    if _recorded(connection) is None:
        stamp(connection, found)


def _copy(place: str, revision: str) -> None:
    """The catalog as it is, beside it: a second connection reads it while the one that upgrades keeps writers out."""
    draft, copy = Path(f"{place}.{revision}.draft"), Path(f"{place}.{revision}")
    try:
        _vacuum(place, draft)
        sync(draft)
        draft.rename(copy)
        sync(copy.parent)
    except (OSError, sqlite3.Error) as error:
        draft.unlink(missing_ok=True)
        raise Unavailable(f"the catalog cannot be copied to {copy.name} before its upgrade: {error}") from error


def _vacuum(place: str, draft: Path) -> None:
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(place)) as reader:
        reader.execute("VACUUM INTO ?", (str(draft),))
