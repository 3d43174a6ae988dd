"""What tests of a gallery and of its catalog run on: SQLite and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.catalog.database import Database
from index.galleries import Galleries
from index.gallery import Gallery
from tests.unit.index.world import add, library


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


@pytest.fixture
def galleries(tmp_path: Path, catalog: str | None) -> Iterator[Galleries]:
    """A data folder with the bundles "tiny" and "other"."""
    found = library(tmp_path, catalog)
    yield found
    found.close()


@pytest.fixture
def gallery(galleries: Galleries, tmp_path: Path) -> Gallery:
    """Eight clips, by the bundle "tiny"."""
    found = galleries.create("demo", "tiny")
    for seed in range(8):
        add(found, tmp_path, seed)
    return found
