"""What the faults happen to: a data folder, its catalog in SQLite or PostgreSQL."""

from pathlib import Path

import pytest

from tests.faults.home import Home
from tests.tiny.copies import lay
from tests.unit.index.conftest import catalog
from tests.unit.index.world import library

__all__ = ["catalog"]


def six_clips(folder: Path, catalog: str | None) -> None:
    """A data folder with the bundles "tiny" and "other" and the gallery "demo", of six clips."""
    galleries = library(folder, catalog)
    galleries.create("demo", "tiny")
    galleries.close()
    (folder / "scratch").mkdir()
    made = Home(folder, catalog)
    with made.opened() as opened:
        for seed in range(6):
            made.add(opened.get("demo"), seed)


@pytest.fixture
def home(tmp_path: Path, catalog: str | None) -> Home:
    """Such a folder, and its catalog."""
    lay(six_clips, tmp_path / "data", catalog)
    return Home(tmp_path / "data", catalog)
