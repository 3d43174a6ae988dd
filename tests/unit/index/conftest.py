"""What tests of a gallery and of its catalog run on: SQLite and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.catalog.database import Database
from index.galleries import Galleries
from index.gallery import Gallery
from index.vectors.milvus_address import Address
from tests.tiny.bundles import SEEN
from tests.tiny.milvus import lite
from tests.unit.index.world import add, clip_features, library


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


@pytest.fixture
def many(gallery: Gallery, tmp_path: Path) -> Gallery:
    """Twenty clips, two of them with sound or pictures alone, and some of a class that was seen in training."""
    for seed in range(8, 16):
        add(gallery, tmp_path, seed)
    add(gallery, tmp_path, 16, senses=("audio",))
    add(gallery, tmp_path, 17, senses=("video",))
    for seed in (18, 19):
        path = tmp_path / f"seen {seed}.mp4"
        path.write_bytes(f"seen {seed}".encode())
        gallery.add(path, name=path.name, labels=[SEEN[0].title()], features=clip_features(seed))
    return gallery
