"""No refusal tells where on the host anything lies."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.callers.scopes import SCOPES
from service.settings import Settings
from tests.unit.service.asking import DEMO, OWN, SEARCH

BODIES: dict[str, dict[str, Any]] = {
    "no body": {},
    "no JSON": {"content": b"{", "headers": {"content-type": "application/json"}},
    "a list": {"json": []},
    "names of nothing": {
        "json": {"source": "/etc", "name": "../x", "bundle": "../../nothing", "to": 99, "path": "/etc/passwd"}
    },
    "a source above": {"json": {"source": "../../../etc"}},
    "a source that is not": {"json": {"source": "nothing.csv"}},
    "a bundle that is not": {"json": {"bundle": "nothing", "name": "x"}},
    "a form": {"data": {"from": "audio", "classes": "a"}, "files": {"file": ("../../a.mp4", b"no clip", "video/mp4")}},
    "an empty file": {"data": {"from": "audio"}, "files": {"file": ("a.mp4", b"", "video/mp4")}},
    "files": {"files": [("files", ("a.zip", b"PK\x03\x04", "application/zip"))]},
    "a bundle file": {"files": {"file": ("a.zip", b"PK\x03\x04 not a zip", "application/zip")}},
}
NAMES, FEW = ("demo", "nothing", "%2e%2e%2fetc", "1", "a" * 300), ("demo", "nothing")


@pytest.fixture
def own(own_library: Path, tmp_path: Path) -> Iterator[TestClient]:
    (tmp_path / "root").mkdir()
    settings = Settings(data=own_library, ingest_root=tmp_path / "root", job_workers=0)
    with TestClient(create_app(settings), OWN, raise_server_exceptions=False) as client:
        yield client


def _addresses(template: str, names: Sequence[str]) -> Iterator[str]:
    path = template.replace("{path:path}", "nothing.js").replace("{gallery}", "demo")
    for name in names:
        yield "/".join(name if part.startswith("{") else part for part in path.split("/"))
        yield template.replace("{gallery}", name) if "{gallery}" in template else path


def test_no_refusal_names_a_folder_of_the_host(own: TestClient, own_library: Path, tmp_path: Path) -> None:
    told, refusals = [], 0
    kept = {"DELETE /v1/galleries/{gallery}", "GET /v1/jobs/{job_id}/events"}
    for route in sorted(SCOPES.keys() - kept):
        method, _, template = route.partition(" ")
        bodies = [{}] if method in ("GET", "DELETE") else list(BODIES.values())
        for address in sorted(set(_addresses(template, NAMES if len(bodies) == 1 else FEW))):
            for asked in bodies:
                answer = own.request(method, address, **asked)
                refusals += answer.status_code >= 400
                assert answer.status_code != 500, (route, address, answer.text)
                if any(str(folder) in answer.text for folder in (own_library, tmp_path, Path.cwd())):
                    told.append((route, address, answer.status_code, answer.text[:300]))
    assert refusals > 200
    assert told == [], json.dumps(told[:5], indent=1)


def test_what_is_broken_on_the_host_is_told_without_its_folder(own: TestClient, own_library: Path) -> None:
    """Files that are gone or damaged under the service."""
    found = own.get(f"{DEMO}/clips").json()["clips"][0]
    for each in (own_library / "media").rglob("*"):
        if each.is_file():
            each.unlink()
    for heads in (own_library / "bundles" / "other").glob("*"):
        heads.write_bytes(b"broken")
    asked = [
        own.get(found["media"]),
        own.get(f"{DEMO}/clips/{found['id']}/thumbnail"),
        own.get(f"{DEMO}/clips/{found['id']}/preview"),
        own.post(f"{DEMO}/reindex", json={"bundle": "other"}),
        own.get("/v1/bundles"),
        own.get(f"{SEARCH}?text=bell"),
    ]
    assert [each.status_code for each in asked[:5] if each.status_code < 400] == []
    assert [each.text for each in asked if str(own_library) in each.text] == []
