"""What tests of a gallery and of its catalog run on: SQLite and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.catalog.database import Database
from index.galleries import Galleries
from index.gallery import Gallery
from index.vectors.milvus_address import Address
from tests.tiny.copies import lay
from tests.tiny.milvus import lite
from tests.unit.index.world import eight_clips, library, twenty_clips


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog(request: pytest.FixtureRequest) -> str | None:
    """Where the catalog is: None for SQLite in the data folder, else the address of an empty PostgreSQL one."""
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("postgres")
    return url


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A milvus-lite that all tests of a worker share: collections bear their gallery's key, which is made by chance."""
    yield from lite(tmp_path_factory.mktemp("milvus"))


@pytest.fixture
def database(tmp_path: Path, catalog: str | None) -> Iterator[Database]:
    """An empty catalog."""
    found = Database(catalog or f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    yield found
    found.close()


@pytest.fixture
def filled(request: pytest.FixtureRequest, tmp_path: Path, catalog: str | None) -> None:
    """Whoever asks for it has the gallery "demo" in their `galleries`, with eight clips or `many`."""
    lay(twenty_clips if "many" in request.fixturenames else eight_clips, tmp_path, catalog)


@pytest.fixture
def galleries(request: pytest.FixtureRequest, tmp_path: Path, catalog: str | None) -> Iterator[Galleries]:
    """A data folder with the bundles "tiny" and "other"."""
    if "filled" in request.fixturenames:
        request.getfixturevalue("filled")
        found = Galleries.open(tmp_path, catalog)
    else:
        found = library(tmp_path, catalog)
    yield found
    found.close()


@pytest.fixture
def gallery(filled: None, galleries: Galleries) -> Gallery:
    """Eight clips, by the bundle "tiny"."""
    return galleries.get("demo")


@pytest.fixture
def many(gallery: Gallery) -> Gallery:
    """Twenty clips, two of them with sound or pictures alone, and some of a class that was seen in training."""
    return gallery
