"""A catalog in PostgreSQL that another process upgrades, writing tables anew, while this one goes on with it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import psycopg
import pytest

from index.catalog import clips, galleries
from index.catalog.database import Database
from index.catalog.galleries import BundleRow
from index.catalog.places import looked_up
from models.types import I64
from tests.unit.index.rows import clip

PATIENCE_S = 60.0
PREPARES = 6
"""A driver that prepares statements has prepared one that was run so often."""
BEFORE = """
ALTER TABLE windows ALTER COLUMN id TYPE integer;
UPDATE alembic_version SET version_num = '0007';
"""
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'galleries'::regclass"


@pytest.fixture
def old(postgres: str) -> Iterator[Database]:
    """A catalog as it was before numbers of windows were written anew, open."""
    found = Database(postgres)
    with psycopg.connect(postgres) as connection:
        connection.execute(BEFORE)
    yield found
    found.close()


@pytest.fixture
def key(old: Database) -> int:
    """Of a gallery with a clip of three windows."""
    with old.writing() as connection:
        found = galleries.create(connection, "demo", BundleRow("tiny", "a" * 64))
        clips.add(connection, found, clip(1, windows=3))
    return found


def wait_for(address: str, waiting: int) -> None:
    """Until so many wait for the table of galleries."""
    until = monotonic() + PATIENCE_S
    with psycopg.connect(address, autocommit=True) as connection:
        while connection.execute(WAITING).fetchone() != (waiting,):
            assert monotonic() < until, f"never {waiting} that wait"
            sleep(0.01)


def windows(database: Database) -> I64:
    """Of the gallery "demo", in a transaction that reads another table first."""
    with database.reading() as connection:
        return clips.window_ids(connection, galleries.key(connection, "demo"))


def test_who_reads_meanwhile_waits_and_sees_what_it_saw_before(postgres: str, old: Database, key: int) -> None:
    before = windows(old).tolist()
    assert len(before) == 3
    with psycopg.connect(postgres) as reader, ThreadPoolExecutor() as threads:
        reader.execute("SELECT * FROM galleries")
        upgrading = threads.submit(lambda: Database(postgres).close())
        wait_for(postgres, 1)
        reading = threads.submit(windows, old)
        wait_for(postgres, 2)
        reader.rollback()
        upgrading.result()
        assert reading.result().tolist() == before


def test_what_was_asked_often_before_is_answered_after_it(postgres: str, old: Database, key: int) -> None:
    before = windows(old).tolist()
    places = looked_up(old, key, before)
    for _ in range(PREPARES):
        windows(old)
    Database(postgres).close()
    assert windows(old).tolist() == before
    assert looked_up(old, key, before) == places
