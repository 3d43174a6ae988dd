"""What the faults happen to: a data folder, its catalog in SQLite or PostgreSQL."""

from pathlib import Path

import pytest

from tests.faults.home import Home
from tests.unit.index.conftest import catalog
from tests.unit.index.world import library

__all__ = ["catalog"]


@pytest.fixture
def home(tmp_path: Path, catalog: str | None) -> Home:
    """A data folder with the bundles "tiny" and "other" and the gallery "demo", of six clips."""
    galleries = library(tmp_path / "data", catalog)
    galleries.create("demo", "tiny")
    galleries.close()
    found = Home(tmp_path / "data", catalog)
    (tmp_path / "data" / "scratch").mkdir()
    with found.opened() as opened:
        for seed in range(6):
            found.add(opened.get("demo"), seed)
    return found
