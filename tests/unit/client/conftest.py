"""A service that a module's tests may change, and its client."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.bundle.store import load_manifest
from service.app import create_app
from service.settings import Settings
from sightsound import Client
from tests.tiny.bundles import tiny_bundle, tiny_library
from tests.tiny.clips import tiny_clip
from tests.unit.service.running import running


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the gallery "demo", a clip a label, and the bundles "tiny" and "other"."""
    folder = tiny_library(tmp_path_factory.mktemp("library"), clips_per_label=1)
    made = load_manifest(folder / "bundles" / "tiny")
    audio, video, text = made.backbones["audio"], made.backbones["video"], made.text_encoder
    tiny_bundle(folder / "bundles" / "other", name="other", seed=1, audio=audio, video=video, text=text)
    return folder


@pytest.fixture(scope="module")
def served(library: Path, clips: list[Path]) -> Iterator[str]:
    """The address of a service over it that does its jobs, with clips it may fetch."""
    settings = Settings(data=library, job_workers=1, ingest_root=clips[0].parent)
    with running(create_app(settings)) as found:
        yield found


@pytest.fixture
def client(served: str) -> Iterator[Client]:
    with Client(served) as found:
        yield found


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two clips that no gallery has."""
    folder = tmp_path_factory.mktemp("clips")
    return [tiny_clip(folder / f"{hz}.mp4", seconds=0.5, tone_hz=float(hz)) for hz in (700, 900)]
