"""Where jobs are kept: a SQLite file in the data folder, or PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dbos import DBOS
from dbos import error as faults

from index.catalog.address import watched
from models.errors import SettingsInvalid, Unavailable

APPLICATION = "sightsound"
VERSION = "1"
"""Of the steps that jobs are made of, not of Sightsound: a new release takes up the jobs that an older one left."""
QUEUE = "jobs"
WORKFLOW = "job"
POSTGRES = ("postgresql://", "postgresql+psycopg://", "postgres://")


def url_of(data: Path, jobs_url: str | None, catalog: str | None = None) -> str:
    """The database's address: beside the catalog, where nothing else is said.

    Raises:
        SettingsInvalid: it is neither SQLite's nor PostgreSQL's.
    """
    url = jobs_url or catalog or f"sqlite:///{data / 'jobs.sqlite'}"
    if url.startswith(POSTGRES):
        return watched(f"postgresql://{url.partition('://')[2]}")
    if not url.startswith("sqlite:///"):
        raise SettingsInvalid(f"jobs_url begins with {url.split(':')[0]!r}, expected postgresql:// or sqlite:///")
    return url


def is_postgres(url: str) -> bool:
    """Whether the address is PostgreSQL's."""
    return url.startswith(POSTGRES)


def prepare(url: str) -> None:
    """Make or upgrade the database's tables; raises Unavailable where it cannot be reached or written."""
    try:
        if not is_postgres(url):
            _write_ahead(Path(url.removeprefix("sqlite:///")))
        DBOS.migrate(url)
    except Exception as error:  # of whichever driver it is; its text may hold the password
        raise Unavailable(f"the jobs' database cannot be opened ({type(error).__name__})") from error


@contextmanager
def writing() -> Iterator[None]:
    """Where the database takes nothing, as on a full disk, that is told; raises Unavailable."""
    try:
        yield
    except faults.DBOSException:
        raise
    except Exception as error:  # of whichever driver it is; its text may hold the password
        raise Unavailable(f"the jobs' database cannot be written ({type(error).__name__})") from error


def _write_ahead(path: Path) -> None:
    """Readers then do not wait for writers, nor writers for readers; the file keeps it."""
    connection = sqlite3.connect(path, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()
