"""A connection to the catalog's database: how SQLite must be set up, and which schema it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.exc import DatabaseError, OperationalError

from index.catalog.schema import VERSION, about, metadata
from models.errors import CatalogInvalid, Unavailable

BUSY_TIMEOUT_MS = 10_000


class Database:
    """Transactions on the catalog. On SQLite: write-ahead log, foreign keys, writers queue instead of failing."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _set_up_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        try:
            _check_schema(self._engine)
        except DatabaseError as error:
            self.close()
            raise CatalogInvalid(f"the catalog cannot be opened: {error.orig}") from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the catalog; raises Unavailable where the database fails."""
        with _failures(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Changes that all count once the block ends, on the disk, or that never were when it raises.

        Raises Unavailable where the database fails, as on a full disk.
        """
        with _failures(), self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


@contextmanager
def _failures() -> Iterator[None]:
    """A failing database is an Unavailable; its subclasses for wrong statements or values are our own mistakes."""
    try:
        yield
    except DatabaseError as error:
        if type(error) not in (DatabaseError, OperationalError):
            raise
        raise Unavailable(f"the catalog's database cannot answer: {error.orig}") from error


def _set_up_sqlite(connection: SqliteConnection, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, not where sqlite3 guesses
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the write lock at once: one that begins by reading could not wait for it later."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _check_schema(engine: Engine) -> None:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        tables = inspect(connection).get_table_names()
        if not tables:
            metadata.create_all(connection)
            connection.execute(insert(about).values(key="schema_version", value=VERSION))
        found = _version(connection) if not tables or about.name in tables else None
    if found != VERSION:
        raise CatalogInvalid(f"the catalog has schema version {found or 'unknown'}, this version reads {VERSION}")


def _version(connection: Connection) -> str | None:
    return connection.execute(select(about.c.value).where(about.c.key == "schema_version")).scalar()
