"""A service whose disk is full: each request that needs room is refused in one clear problem, and leaves nothing."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused

UPLOAD: dict[str, Any] = {"files": {"file": ("clip.mp4", b"no clip" * 10_000)}}
NEEDING_ROOM: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("POST", f"{DEMO}/clips", UPLOAD, "spool-full"),
    ("POST", SEARCH, {**UPLOAD, "data": {"from": "video"}}, "spool-full"),
    ("POST", "/v1/bundles", UPLOAD, "spool-full"),
    ("GET", "/v1/bundles/tiny/archive", {}, "spool-full"),
    ("POST", f"{DEMO}/jobs/upload", {"files": {"files": UPLOAD["files"]["file"]}}, "spool-full"),
    ("POST", f"{DEMO}/jobs/compact", {}, "unavailable"),
    ("POST", "/v1/galleries", {"json": {"name": "birds", "bundle": "tiny"}}, "unavailable"),
    (
        "PUT",
        "/v1/vocabularies/words",
        {"json": {"classes": [f"class {number}" for number in range(900)]}},
        "unavailable",
    ),
    ("POST", "/v1/keys", {"json": {"name": "ada"}}, "unavailable"),
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk with a data folder on it."""
    if os.getuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    place, made = tmp_path / "disk", tmp_path / "made"
    place.mkdir()
    made.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], check=False)
    if mounted.returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        shutil.copytree(tiny_library(made), place / "data")
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _fill(place: Path) -> Path:
    """A file that takes all the room there is."""
    ballast, free = place / "ballast", os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
    with ballast.open("wb") as opened:
        os.posix_fallocate(opened.fileno(), 0, free)
    return ballast


def _tree(data: Path) -> set[Path]:
    """All files but those of the databases, which SQLite makes and shrinks as it likes."""
    return {each for each in data.rglob("*") if each.is_file() and ".sqlite" not in each.name}


def test_whatever_needs_room_is_refused_as_long_as_there_is_none(small_disk: Path, tmp_path: Path) -> None:
    settings = Settings(data=small_disk / "data", job_workers=0, probe_share=0)
    clip = tiny_clip(tmp_path / "clip.mp4", seconds=1.0).read_bytes()
    with TestClient(create_app(settings), OWN) as client:
        before, ballast = _tree(settings.data), _fill(small_disk)
        for method, path, sent, code in NEEDING_ROOM:
            answer = client.request(method, path, **sent)
            refused(answer, 503, code)
            assert str(small_disk) not in answer.text
        assert _tree(settings.data) == before
        assert client.get(SEARCH, params={"text": "bell"}).status_code == 200
        ballast.unlink()
        assert client.post(f"{DEMO}/clips", files={"file": ("clip.mp4", clip)}).status_code == 201
        for method, path, sent, _ in NEEDING_ROOM[3:]:
            assert client.request(method, path, **sent).is_success, path
