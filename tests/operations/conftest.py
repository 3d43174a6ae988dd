"""Where operators of these tests stand: over SQLite, and over PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from tests.hosts.test_upgrade import before
from tests.operations.place import RESTORED, Place
from tests.tiny.postgres import Cluster

__all__ = ["before"]
SIGHTSOUND = "sightsound"


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    """Over SQLite."""
    if which("sqlite3") is None:
        pytest.skip("needs the program sqlite3")
    found = Place(tmp_path)
    found.fill()
    return found


@pytest.fixture
def postgres_place(cluster: Cluster, tmp_path: Path) -> Iterator[Place]:
    """Over PostgreSQL, where "sightsound" owns a database of its name, as the document has it made."""
    cluster.execute(f"DROP ROLE IF EXISTS {SIGHTSOUND}")
    cluster.execute(f"CREATE ROLE {SIGHTSOUND} LOGIN")
    cluster.execute(f"CREATE DATABASE {SIGHTSOUND} OWNER {SIGHTSOUND} TEMPLATE template0")
    try:
        found = Place(tmp_path, cluster)
        found.fill()
        yield found
    finally:
        for name in (SIGHTSOUND, RESTORED):
            cluster.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cluster.execute(f"DROP ROLE {SIGHTSOUND}")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Place:
    """Over each of them."""
    found: Place = request.getfixturevalue("sqlite_place" if request.param == "sqlite" else "postgres_place")
    return found
