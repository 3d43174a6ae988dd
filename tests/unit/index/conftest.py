"""What tests of a gallery and of its catalog run on: SQLite and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.catalog.database import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog(request: pytest.FixtureRequest) -> str | None:
    """Where the catalog is: None for SQLite in the data folder, else the address of an empty PostgreSQL one."""
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("postgres")
    return url


@pytest.fixture
def database(tmp_path: Path, catalog: str | None) -> Iterator[Database]:
    """An empty catalog."""
    found = Database(catalog or f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    yield found
    found.close()
