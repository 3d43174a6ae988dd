"""A small release, as it should be, and one to damage."""

import shutil
from pathlib import Path

import pytest

from tests.tiny.releases import write_averaged
from training.datasets.gzsl_layout import Layout


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return write_averaged(tmp_path_factory.mktemp("whole") / "UCF")


@pytest.fixture
def layout(whole: Layout, tmp_path: Path) -> Layout:
    """A release that a test may damage."""
    shutil.copytree(whole.folder, tmp_path / "UCF")
    return Layout(tmp_path / "UCF", whole.benchmark)
