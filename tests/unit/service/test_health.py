"""Whether the service lives and is ready, part by part."""

import asyncio
from pathlib import Path
from shutil import rmtree

import pytest
from starlette.testclient import TestClient

from index.galleries import Galleries
from service import readiness
from service.app import create_app
from service.readiness import Readying, Report
from service.resources import Resources
from service.settings import Settings
from tests.unit.service.asking import OWN, SEARCH


def test_every_part_is_tried_and_told_with_its_time(client: TestClient) -> None:
    found = client.get("/readyz").json()
    assert found["status"] == "ready"
    names = [each["name"] for each in found["parts"]]
    assert names[:2] == ["catalog", "gallery"]
    assert {"route text->video", "route audio->video", "decoder", "jobs", "disk"} <= set(names)
    assert sum(each.startswith("backbone ") for each in names) == 2
    assert sum(each.startswith("text encoder ") for each in names) == 1
    assert {each["state"] for each in found["parts"]} == {"ok"}
    assert all(each["took_ms"] >= 0 for each in found["parts"])
    assert {each.get("gallery") for each in found["parts"] if each["name"].startswith("route")} == {"demo"}


def test_a_part_that_fails_is_named_and_the_others_are_still_tried(own_library: Path) -> None:
    with TestClient(create_app(Settings(data=own_library)), OWN) as client:
        galleries = Galleries.open(own_library)
        galleries.create("another", "other")
        galleries.close()
        rmtree(own_library / "bundles" / "other")
        refused = client.get("/readyz")
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
        states = {(each["name"], each.get("gallery")): each["state"] for each in refused.json()["parts"]}
        assert states["gallery", "another"] == "failed"
        assert states["gallery", "demo"] == states["route text->video", "demo"] == states["disk", None] == "ok"


def test_a_full_disk_is_told_but_keeps_nobody_from_searching(
    own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "LEAST_FREE_BYTES", 2**80)
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as client:
        found = client.get("/readyz")
        assert found.status_code == 200
        (disk,) = [each for each in found.json()["parts"] if each["name"] == "disk"]
        assert disk["state"] == "failed"
        assert "are left" in disk["detail"]


def test_however_many_ask_parts_are_tried_once_while_the_report_is_fresh(
    own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "FRESH_S", 3600.0)
    settings = Settings(data=own_library, job_workers=0)
    with Resources.open(settings) as resources:
        readying = Readying(resources, settings)

        async def ask() -> None:
            reports = await asyncio.gather(*(readying.report() for _ in range(20)))
            assert {id(each) for each in reports} == {id(reports[0])}
            assert await readying.report() is reports[0]
            monkeypatch.setattr(readying, "_stale_at_s", 0.0)
            again = await readying.report()
            assert isinstance(again, Report)
            assert again is not reports[0]

        asyncio.run(ask())


def test_the_first_search_finds_everything_open(own_library: Path, clip: Path) -> None:
    """What a first request would have to make is there when the service has started."""
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as client:
        resources: Resources = client.app.state.resources  # type: ignore[attr-defined]
        before = set(resources.encoders._texts), set(resources.encoders._backbones)
        assert all(before)
        assert client.get(SEARCH, params={"text": "bird"}).status_code == 200
        assert client.post(SEARCH, data={"from": "video"}, files={"file": clip.read_bytes()}).status_code == 200
        assert (set(resources.encoders._texts), set(resources.encoders._backbones)) == before
