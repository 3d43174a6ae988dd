"""A service whose gallery has many windows, and searches of it in JSON."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from models.types import Sense
from service.app import create_app
from service.settings import Settings
from tests.unit.index.world import clip_features
from tests.unit.service.asking import OWN, SEARCH

CLIPS = 20
WINDOWS = [1 + number % 4 for number in range(CLIPS)]
"""Of each clip that was added to the six of the library."""


@contextmanager
def many_windows(library: Path, folder: Path) -> Iterator[TestClient]:
    """Beside the six clips of the library, twenty of made-up features; the last one is deaf."""
    data = shutil.copytree(library, folder / "library")
    with TestClient(create_app(Settings(data=data, job_workers=0)), OWN) as client:
        gallery = client.app.state.resources.galleries.get("demo")  # type: ignore[attr-defined]
        for number, count in enumerate(WINDOWS):
            path = folder / f"{number}.mp4"
            path.write_bytes(f"clip {number}".encode())
            senses: tuple[Sense, ...] = ("video",) if number == CLIPS - 1 else ("audio", "video")
            gallery.add(
                path,
                name=path.name,
                labels=[f"label {number % 3}"],
                features=clip_features(1000 * number, senses=senses, windows=count),
                metadata={"number": number},
            )
        yield client


def hits(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    """What a search in JSON finds."""
    answer = client.post(SEARCH, json=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["hits"]
    return found


def scores(client: TestClient, **asked: Any) -> dict[int, float]:
    """Of every window, by its number."""
    return {hit["window_id"]: hit["score"] for hit in hits(client, k=100, **asked)}


def windows(found: list[dict[str, Any]]) -> list[int]:
    """Which they are, in their order."""
    return [hit["window_id"] for hit in found]
