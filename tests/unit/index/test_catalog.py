"""The catalog's database: transactions, and SQL that two databases understand."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateIndex, CreateTable

from index.catalog import galleries
from index.catalog.database import Database
from index.catalog.galleries import BundleRow
from index.catalog.schema import about, clips, metadata
from models.errors import Conflict

BUNDLE = BundleRow("tiny", "a" * 64)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'catalog.sqlite'}")


def pragma(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_sqlite_is_set_up_to_keep_what_was_answered(database: Database) -> None:
    with database.reading() as connection:
        found = [pragma(connection, name) for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")]
    assert found == ["wal", 1, 2, 10_000]


def test_a_block_that_raises_changes_nothing(database: Database) -> None:
    def create_twice() -> None:
        with database.writing() as connection:
            galleries.create(connection, "demo", BUNDLE)
            galleries.create(connection, "demo", BUNDLE)

    with pytest.raises(Conflict):
        create_twice()
    with database.reading() as connection:
        assert galleries.names(connection) == []


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    with database.reading() as reader:
        assert galleries.names(reader) == []
        with database.writing() as writer:
            galleries.create(writer, "demo", BUNDLE)
        assert galleries.names(reader) == []
    with database.reading() as reader:
        assert galleries.names(reader) == ["demo"]


def test_writers_queue_instead_of_failing(database: Database) -> None:
    def count_up(worker: int) -> None:
        for turn in range(10):
            with database.writing() as connection:
                size = connection.execute(select(func.count()).select_from(about)).scalar_one()
                connection.execute(insert(about).values(key=f"{worker}.{turn}", value=str(size)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(4)))
    with database.reading() as connection:
        found = connection.execute(select(about.c.value).where(about.c.key != "schema_version")).scalars()
        assert sorted(map(int, found)) == list(range(1, 41))


def test_a_row_of_nothing_is_refused(database: Database) -> None:
    stray = {"gallery_id": 99, "clip_id": "x", "sha256": "x", "name": "x", "media_type": "x"}
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), database.writing() as connection:
        connection.execute(insert(clips).values(**stray, size_bytes=1, duration_s=1))


def test_activation_compares_before_it_swaps(database: Database) -> None:
    with database.writing() as connection:
        galleries.create(connection, "demo", BUNDLE)
        key = galleries.get(connection, "demo").key
        assert [galleries.add_generation(connection, key, BundleRow("other", "b" * 64)) for _ in range(2)] == [2, 3]
        galleries.activate(connection, key, 3, expected=1)
        with pytest.raises(Conflict):
            galleries.activate(connection, key, 2, expected=1)
        assert galleries.get(connection, "demo").generation == 3
        assert galleries.get(connection, "demo").bundle.name == "other"


def test_the_schema_is_postgresql_too() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in metadata.sorted_tables:
        assert f"CREATE TABLE {table.name}" in str(CreateTable(table).compile(dialect=dialect))
        for each in table.indexes:
            assert "CREATE INDEX" in str(CreateIndex(each).compile(dialect=dialect))
