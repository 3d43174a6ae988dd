"""A service over a tiny library of real clips, and clips to send to it."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
from starlette.testclient import TestClient

from models.bundle.store import load_manifest
from service.app import create_app
from service.settings import Settings
from tests.tiny.bundles import tiny_bundle, tiny_library
from tests.tiny.clips import tiny_clip
from tests.unit.service.asking import OWN


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the gallery "demo" and the bundles "tiny" and "other", to be copied and never opened.

    To copy a folder that is open here lets go of SQLite's locks, which are the process's.
    """
    folder = tiny_library(tmp_path_factory.mktemp("library"))
    made = load_manifest(folder / "bundles" / "tiny")
    audio, video, text = made.backbones["audio"], made.backbones["video"], made.text_encoder
    tiny_bundle(folder / "bundles" / "other", name="other", seed=1, audio=audio, video=video, text=text)
    return folder


@pytest.fixture(scope="session")
def library(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it that all may open; not to be changed."""
    return Path(copytree(pristine, tmp_path_factory.mktemp("opened") / "library"))


@pytest.fixture
def own_library(pristine: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    return Path(copytree(pristine, tmp_path / "library"))


@pytest.fixture
def own(own_library: Path) -> Iterator[TestClient]:
    """A service over that; its jobs wait."""
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as client:
        yield client


@pytest.fixture(scope="session")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where uploads wait; empty again after each request."""
    return tmp_path_factory.mktemp("spool")


@pytest.fixture(scope="session")
def client(library: Path, spool: Path) -> Iterator[TestClient]:
    """The service over the library, in this process."""
    with TestClient(create_app(Settings(data=library, spool=spool)), OWN) as client:
        yield client


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip with sound and pictures."""
    return tiny_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=1.0)


@pytest.fixture(scope="session")
def silent_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip with pictures only."""
    return tiny_clip(tmp_path_factory.mktemp("clips") / "silent.mp4", seconds=1.0, sound=False)


@pytest.fixture(scope="session")
def sound_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip with sound only."""
    return tiny_clip(tmp_path_factory.mktemp("clips") / "sound.mp4", seconds=1.0, pictures=False)
