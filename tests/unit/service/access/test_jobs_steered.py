"""Whoever may look at jobs may end and repeat those that they could have asked for, and each time is written down."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from index.catalog.keys import Grant
from index.galleries import Galleries
from service.app import create_app
from service.settings import Settings
from tests.unit.service.access.conftest import by
from tests.unit.service.asking import DEMO, OWN, refused

GRANTS = (
    Grant("admin", ("admin",)),
    Grant("ingest", ("ingest",), ("demo",)),
    Grant("elsewhere", ("admin",), ("other",)),
)


@pytest.fixture
def keys(own_library: Path) -> Mapping[str, Mapping[str, str]]:
    """By name, the header that a key is sent in."""
    with closing(Galleries.open(own_library)) as galleries:
        return {grant.name: by(galleries.keys.create(grant)[0]) for grant in GRANTS}


@pytest.fixture
def client(own_library: Path, keys: Mapping[str, Mapping[str, str]]) -> Iterator[TestClient]:
    """A service that does no jobs, so that they wait."""
    with TestClient(create_app(Settings(data=own_library, keys="required", job_workers=0)), OWN) as client:
        yield client


def test_a_job_of_an_administrator_is_ended_by_none_who_only_bring_clips(
    client: TestClient, keys: Mapping[str, Mapping[str, str]]
) -> None:
    job = client.post(f"{DEMO}/jobs/reindex", headers=keys["admin"]).json()["id"]
    assert client.get(f"/v1/jobs/{job}", headers=keys["ingest"]).json()["state"] == "queued"
    for deed in ("cancel", "retry"):
        refused(client.post(f"/v1/jobs/{job}/{deed}", headers=keys["ingest"]), 403, "not-allowed", "for admin")
        refused(client.post(f"/v1/jobs/{job}/{deed}", headers=keys["elsewhere"]), 404, "job-not-found")
    assert client.post(f"/v1/jobs/{job}/cancel", headers=keys["admin"]).json()["state"] == "cancelled"
    deeds = client.get("/v1/audit?limit=5", headers=keys["admin"]).json()["deeds"]
    assert [(each["caller"], each["action"].rpartition("/")[2], each["status"]) for each in deeds] == [
        ("admin", "cancel", 200),
        ("elsewhere", "retry", 404),
        ("ingest", "retry", 403),
        ("elsewhere", "cancel", 404),
        ("ingest", "cancel", 403),
    ]


def test_who_brings_clips_ends_their_job(client: TestClient, keys: Mapping[str, Mapping[str, str]], clip: Path) -> None:
    files = {"files": (clip.name, clip.read_bytes(), "video/mp4")}
    job = client.post(f"{DEMO}/jobs/upload", files=files, headers=keys["ingest"]).json()["id"]
    assert client.post(f"/v1/jobs/{job}/cancel", headers=keys["ingest"]).json()["state"] == "cancelled"


def test_lists_show_what_a_key_is_for(client: TestClient, keys: Mapping[str, Mapping[str, str]]) -> None:
    client.post(f"{DEMO}/jobs/compact", headers=keys["admin"])
    found = {
        name: (
            len(client.get("/v1/jobs", headers=header).json()["jobs"]),
            len(client.get("/v1/galleries", headers=keys["admin"] if name == "ingest" else header).json()["galleries"]),
        )
        for name, header in keys.items()
    }
    assert found == {"admin": (1, 1), "ingest": (1, 1), "elsewhere": (0, 0)}


def test_a_gallery_named_in_a_form_or_in_json_is_checked_too(
    client: TestClient, keys: Mapping[str, Mapping[str, str]], clip: Path
) -> None:
    sent = {"file": (clip.name, clip.read_bytes(), "video/mp4")}
    form = client.post("/v1/classify", data={"gallery": "demo"}, files=sent, headers=keys["elsewhere"])
    refused(form, 403, "not-allowed", "'demo'")
    window = client.post("/v1/classify", json={"gallery": "demo", "window": 1}, headers=keys["elsewhere"])
    refused(window, 403, "not-allowed", "'demo'")
    refused(client.post("/v1/classify", files=sent, headers=keys["elsewhere"]), 404, "gallery-not-found")


def test_what_is_not_there_is_refused_without_a_word_of_what_others_have(
    client: TestClient, keys: Mapping[str, Mapping[str, str]]
) -> None:
    for address in ("", "/clips", "/search?text=bell", "/statistics"):
        answer = client.get(f"/v1/galleries/other{address}", headers=keys["elsewhere"])
        refused(answer, 404, "gallery-not-found", "'other'", "there are: none")
    refused(client.get("/v1/galleries/other", headers=keys["admin"]), 404, "gallery-not-found", "there are: demo")
    job = client.post(f"{DEMO}/jobs/compact", headers=keys["admin"]).json()["id"]
    found = [client.get(f"/v1/jobs/{each}", headers=keys["elsewhere"]).json() for each in (job, "none")]
    assert found[0] == {**found[1], "detail": f"there is no job {job!r}", "instance": f"/v1/jobs/{job}"}
