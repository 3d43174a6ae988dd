"""What a service leaves on the disk when it ends, and which indexes it builds."""

from pathlib import Path

import numpy as np
from starlette.testclient import TestClient

from models.features.extract import ClipFeatures, WindowFeatures
from models.types import Window
from service.app import create_app
from service.settings import Settings
from tests.unit.service.asking import DEMO, OWN, SEARCH

WINDOWS = 1200


def fill(client: TestClient, folder: Path) -> None:
    """A clip of many windows, of made-up features."""
    numbers = np.random.default_rng(0).standard_normal((WINDOWS, 2, 8)).astype(np.float32)
    cuts = [WindowFeatures(Window(2.0 * i, 2.0 * i + 2), {"audio": a, "video": v}) for i, (a, v) in enumerate(numbers)]
    (folder / "long.mp4").write_bytes(b"long")
    gallery = client.app.state.resources.galleries.get("demo")  # type: ignore[attr-defined]
    features = ClipFeatures(2.0 * WINDOWS, tuple(cuts))
    gallery.add(folder / "long.mp4", name="long.mp4", labels=["long"], features=features)


def test_a_service_that_ends_keeps_the_vectors_of_what_came(own_library: Path, tmp_path: Path) -> None:
    settings = Settings(data=own_library, job_workers=0)
    with TestClient(create_app(settings), OWN) as client:
        fill(client, tmp_path)
        before = client.get(SEARCH, params={"text": "bell"}).json()["hits"]
        assert not list(own_library.glob("vectors/**/snapshot.json"))
    assert len(list(own_library.glob("vectors/**/snapshot.json"))) == 3
    with TestClient(create_app(settings), OWN) as client:
        assert client.get(SEARCH, params={"text": "bell"}).json()["hits"] == before


def test_indexes_are_of_the_kind_and_recall_that_is_set(own_library: Path, tmp_path: Path) -> None:
    settings = Settings(data=own_library, job_workers=0, index_kind="hnsw", index_recall=0.9)
    with TestClient(create_app(settings), OWN) as client:
        fill(client, tmp_path)
        client.post(f"{DEMO}/reindex", json={"force": True})
        tables = client.get(f"{DEMO}/generations").json()["generations"][-1]["report"]["tables"]
    assert {each["kind"] for each in tables.values()} == {"hnsw"}
    assert all("at least 0.9" in each["reason"] and each["recall"] >= 0.9 for each in tables.values())
