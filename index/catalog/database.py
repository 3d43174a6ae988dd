"""A connection to the catalog's database: transactions on SQLite and on PostgreSQL."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from sqlite3 import SQLITE_BUSY
from sqlite3 import Connection as SqliteConnection
from threading import Lock
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, Select, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneIsFree
from sqlalchemy.sql.compiler import SQLCompiler

from index.catalog.address import parse, reason, shown, watched
from index.catalog.schema import galleries
from index.catalog.upgrading import upgrade
from models.errors import CatalogInvalid, DependencyMissing, SightsoundError, Unavailable

__all__ = ["Connection", "Database"]

BUSY_TIMEOUT_MS = 10_000
BUSY_RETRY_S = 5.0
"""After how long to ask again who has waited for that long, or for a connection: nothing of it was begun."""
CACHE_KIB = 32 * 1024
"""Pages that a SQLite connection keeps: of a million windows ten are looked up in 0.155 ms, and in 0.19 with 2 MiB."""
PAGE_BYTES = 8192
"""Of a new SQLite file: one of 1,024 or 1,280 float16 numbers, with its key, leaves the rest of a page of 4 KiB empty,
as no second one fits; of those of 8 KiB three fit (docs/decisions/0028)."""
CONNECTIONS = 15
"""To a SQLite file, open from the start to the end, as a file is not opened while its disk hangs."""
SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""What makes all statements of a PostgreSQL transaction see the same state; one on SQLite does by itself."""
AFTER_UPGRADES = f"LOCK TABLE {galleries.name} IN ACCESS SHARE MODE"
"""What a PostgreSQL transaction waits with while the catalog is upgraded: it is no query, so the state that queries see
is of a moment after it. A query that waits has its state before, in which tables that are written anew are empty."""

LOCKS_WAITED_S = 30.0
"""How long PostgreSQL has a writer wait for who holds its rows: longer than a lost machine holds any."""
LOCK_NOT_AVAILABLE = "55P03"


class Database:
    """Transactions on the catalog, whose schema is brought up to date when it is opened.

    On SQLite: write-ahead log, foreign keys, writers queue instead of failing. On PostgreSQL: readers see one state.
    Raises CatalogInvalid for an address or a catalog that this version cannot read, Unavailable where no server is.
    """

    def __init__(self, url: str | URL) -> None:
        self._url = parse(url)
        self._engine = _engine(self._url)
        is_sqlite = self._engine.dialect.name == "sqlite"
        if is_sqlite:
            event.listen(self._engine, "connect", _set_up_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        self._statements: dict[int, SQLCompiler] = {}
        self._glancing = Lock()
        self._kept: DBAPIConnection | None = None
        self._snapshots = self._engine if is_sqlite else self._engine.execution_options(**SNAPSHOT)
        self._open()

    @property
    def dialect(self) -> str:
        """Which database it is: sqlite or postgresql."""
        return self._engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the catalog; raises Unavailable where the database fails."""
        with self._failures(), self._snapshots.connect() as connection, connection.begin():
            if self.dialect == "postgresql":
                connection.exec_driver_sql(AFTER_UPGRADES)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Changes that all count once the block ends, on the disk, or that never were when it raises.

        Raises Unavailable where the database fails, as on a full disk.
        """
        writer = self._engine.connect
        with self._failures(), writer().execution_options(writes=True) as connection, connection.begin():
            if self.dialect == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {1000 * LOCKS_WAITED_S:.0f}")
            yield connection

    def rows(self, statement: Select[Any], asked: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """What one statement answers, past SQLAlchemy, whose part in a search takes longer than the database's.

        One statement is one consistent view. Values and columns come as the driver has them: integers, floats and
        text only. Raises Unavailable where the database fails.
        """
        with self._driver_failures(), closing(self._engine.raw_connection()) as connection:
            return self._fetched(connection.cursor(), statement, asked)

    def glance(self, statement: Select[Any], asked: Mapping[str, Any]) -> list[tuple[Any, ...]] | None:
        """As `rows`, by a connection that is kept for that, so that nobody waits for one; None where it does not work.

        Whoever must not wait may ask so for a row or two: readers of a SQLite file wait for no writer. Why it does not
        work is for `rows` to say.
        """
        if not self.can_glance:
            return None
        with self._glancing:
            try:
                return self._fetched(self._own().cursor(), statement, asked)
            except self._engine.dialect.loaded_dbapi.Error:
                self._let_go()
                return None

    @property
    def can_glance(self) -> bool:
        """Whether it is a file; a server takes a while to answer."""
        return self.dialect == "sqlite"

    def close(self) -> None:
        """Close all connections."""
        with self._glancing:
            self._let_go()
        self._engine.dispose()

    def _connect(self) -> None:
        with ExitStack() as held:
            for _ in range(CONNECTIONS):
                held.enter_context(self._engine.connect())
        self._own()

    def _own(self) -> DBAPIConnection:
        """Not one of the pool's, of which none may be free."""
        if self._kept is None:
            where, how = self._engine.dialect.create_connect_args(self._url)
            self._kept = self._engine.dialect.connect(*where, **how)
            _set_up_sqlite(cast(SqliteConnection, self._kept), None)
            self._kept.cursor().execute("PRAGMA busy_timeout = 0")
        return self._kept

    def _let_go(self) -> None:
        if self._kept is not None:
            self._kept.close()
        self._kept = None

    def _fetched(self, cursor: DBAPICursor, statement: Select[Any], asked: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        compiled = self._compiled(statement)
        values: Any = [asked[name] for name in compiled.positiontup or ()] if compiled.positional else dict(asked)
        with closing(cursor):
            cursor.execute(compiled.string, values)
            return list(cursor.fetchall())

    def _compiled(self, statement: Select[Any]) -> SQLCompiler:
        """Once for each statement."""
        if (known := self._statements.get(id(statement))) is None:
            made = statement.compile(self._engine)
            assert isinstance(made, SQLCompiler), "a select is compiled to SQL"
            known = self._statements[id(statement)] = made
        return known

    def _open(self) -> None:
        try:
            upgrade(self._engine)
            if self.dialect == "sqlite":
                self._connect()
        except SightsoundError:
            self.close()
            raise
        except DatabaseError as error:
            self.close()
            kind = Unavailable if _is_away(self._url, error) else CatalogInvalid
            raise kind(f"the catalog {shown(self._url)} cannot be opened: {reason(self._url, error)}") from None

    @contextmanager
    def _driver_failures(self) -> Iterator[None]:
        """As `_failures`, of what the driver raises where SQLAlchemy is not asked."""
        failure: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        try:
            yield
        except (NoneIsFree, failure, DatabaseError) as error:
            raise _refusal(self._url, error) from error

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """A failing database is an Unavailable; its subclasses for wrong statements or values are our own mistakes."""
        try:
            yield
        except (NoneIsFree, DatabaseError) as error:
            if type(error) not in (NoneIsFree, DatabaseError, OperationalError):
                raise
            raise _refusal(self._url, error) from error


def _engine(url: URL) -> Engine:
    """A server that was restarted has closed its connections: each is tried before it is used.

    Statements are not prepared on it: one that is fails for good once another process has upgraded what it reads.
    """
    serializer = partial(json.dumps, ensure_ascii=False, allow_nan=False)
    is_server = url.get_backend_name() != "sqlite"
    if is_server:
        url = make_url(watched(url.render_as_string(hide_password=False)))
        pooled: dict[str, Any] = {"pool_pre_ping": True, "connect_args": {"prepare_threshold": None}}
    else:  # the last one used has pages of the file in its cache
        pooled = {"pool_size": CONNECTIONS, "max_overflow": 0, "pool_use_lifo": True}
    try:
        return create_engine(url, json_serializer=serializer, **pooled)
    except ModuleNotFoundError as error:
        needed = f"a catalog in PostgreSQL needs {error.name}: pip install 'sightsound[postgres]'"
        raise DependencyMissing(needed) from error


def _refusal(url: URL, error: Exception) -> Unavailable:
    """That the database cannot answer; and when to ask again, where it is only busy."""
    is_full = isinstance(error, NoneIsFree)
    why = "all connections to it are at work" if is_full else reason(url, error)
    refused = Unavailable(f"the catalog's database cannot answer: {why}")
    if is_full or _is_held(getattr(error, "orig", error)):
        refused.retry_after_s = BUSY_RETRY_S
    return refused


def _is_held(error: object) -> bool:
    """Whether somebody else has held for too long what was to be written."""
    codes = getattr(error, "sqlite_errorcode", None), getattr(error, "sqlstate", None)
    return codes[0] == SQLITE_BUSY or codes[1] == LOCK_NOT_AVAILABLE


def _is_away(url: URL, error: DatabaseError) -> bool:
    return url.get_backend_name() != "sqlite" and isinstance(error, OperationalError)


def _set_up_sqlite(connection: SqliteConnection, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, not where sqlite3 guesses
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # before the journal; a file that is there keeps its own
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the write lock at once: one that begins by reading could not wait for it later."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
