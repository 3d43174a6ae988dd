"""Bundles are sent, shown, fetched, used and deleted; nothing bad is ever placed."""

from io import BytesIO
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.tiny.bundle_archives import BAD, LARGE, files_of, tarred, zipped
from tests.tiny.bundles import narrowed, tiny_bundle
from tests.unit.service.asking import DEMO, OWN, refused

BUNDLES = "/v1/bundles"


@pytest.fixture
def home(own_library: Path) -> Path:
    return own_library / "bundles"


@pytest.fixture
def newcomer(home: Path, tmp_path: Path) -> Path:
    """A bundle "new" for the library's encoders, which is not among its bundles."""
    copytree(home / "tiny", tmp_path / "elsewhere" / "tiny")
    narrowed(tmp_path / "elsewhere" / "tiny", "new", routes=["text->audio", "audio->audio"])
    return tmp_path / "elsewhere" / "new"


def send(client: TestClient, content: bytes) -> Any:
    """Bring a bundle of these bytes."""
    return client.post(BUNDLES, files={"file": ("bundle.zip", content)})


def there(home: Path) -> list[str]:
    """All that lies where bundles are, drafts too."""
    return sorted(each.name for each in home.iterdir())


def test_a_bundle_that_was_sent_is_shown_and_used(own: TestClient, newcomer: Path, home: Path) -> None:
    before = there(home)
    answer = send(own, zipped(files_of(newcomer), prefix="new/"))
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{BUNDLES}/new"
    found = own.get(answer.headers["location"]).json()
    assert found == answer.json()
    assert found["routes"].keys() == {"text->audio", "audio->audio"}
    assert found["heads"]["audio"]["dim"] == 4
    assert found["card"].startswith("# new")
    listed = {each["name"]: each["size_bytes"] for each in own.get(BUNDLES).json()["bundles"]}
    assert found["size_bytes"] == listed["new"] == sum(len(each) for each in files_of(newcomer).values())
    assert there(home) == sorted([*before, "new"])
    assert files_of(home / "new") == files_of(newcomer)
    assert own.post(f"{DEMO}/reindex", json={"bundle": "new", "force": True}).json()["bundle"] == "new"


def test_what_is_fetched_can_be_sent_again(own: TestClient, newcomer: Path, home: Path) -> None:
    assert send(own, tarred(files_of(newcomer))).status_code == 201
    first = own.get(f"{BUNDLES}/new/archive")
    assert first.headers["content-type"] == "application/x-tar"
    assert 'filename="new.tar"' in first.headers["content-disposition"]
    assert own.delete(f"{BUNDLES}/new").status_code == 204
    refused(own.get(f"{BUNDLES}/new"), 404, "bundle-not-found", "new")
    assert not (home / "new").exists()
    assert send(own, first.content).status_code == 201
    again = own.get(f"{BUNDLES}/new/archive")
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    seen = {"if-none-match": first.headers["etag"]}
    assert own.get(f"{BUNDLES}/new/archive", headers=seen).status_code == 304
    rest = {"range": "bytes=100-", "if-range": first.headers["etag"]}
    assert own.get(f"{BUNDLES}/new/archive", headers=rest).content == first.content[100:]


def test_the_same_bundle_again_is_the_one_that_is_there_and_another_of_its_name_a_conflict(
    own: TestClient, home: Path, tmp_path: Path
) -> None:
    assert send(own, zipped(files_of(home / "tiny"))).status_code == 200
    tiny_bundle(tmp_path / "odd" / "tiny", seed=7)
    before = files_of(home / "tiny")
    refused(send(own, zipped(files_of(tmp_path / "odd" / "tiny"))), 409, "conflict", "'tiny'", "sha256")
    assert files_of(home / "tiny") == before


def test_a_bundle_that_a_kept_generation_needs_is_not_deleted(own: TestClient, newcomer: Path, home: Path) -> None:
    refused(own.delete(f"{BUNDLES}/tiny"), 409, "conflict", "of 1 gallery: reindex it")
    assert send(own, zipped(files_of(newcomer))).status_code == 201
    assert own.post(f"{DEMO}/reindex", json={"bundle": "new", "force": True}).status_code == 200
    refused(own.delete(f"{BUNDLES}/tiny"), 409, "conflict")  # a rollback may want it
    assert own.delete(f"{BUNDLES}/other").status_code == 204
    assert there(home) == ["new", "tiny"]
    refused(own.delete(f"{BUNDLES}/other"), 404, "bundle-not-found")


def test_nothing_that_is_refused_leaves_anything(own: TestClient, newcomer: Path, home: Path) -> None:
    files, before = files_of(newcomer), there(home)
    for make, _ in BAD.values():
        refused(send(own, make(files)), 422, "bundle-invalid")
    for large in LARGE.values():
        refused(send(own, large(files)), 413, "too-large")
    refused(send(own, b""), 422, "bundle-invalid", "empty")
    assert there(home) == before
    assert list((home.parent / "spool").iterdir()) == []


def test_a_bundle_with_a_forbidden_graph_is_refused(own: TestClient, newcomer: Path, home: Path) -> None:
    from tests.unit.bundle.test_checking import _loop, written

    rmtree(newcomer.parent)
    bad = written(newcomer.with_name("bad"), _loop().SerializeToString())
    before = there(home)
    refused(send(own, zipped(files_of(bad))), 422, "bundle-invalid", "'Loop'")
    assert there(home) == before


def test_what_a_killed_service_left_of_a_bundle_is_removed_at_the_next_start(own_library: Path) -> None:
    left = own_library / "bundles" / ".arriving-left"
    left.mkdir()
    (left / "bundle.json").write_text("{}")
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as client:
        assert [each["name"] for each in client.get(BUNDLES).json()["bundles"]] == ["other", "tiny"]
    assert not left.exists()


def test_an_archive_of_no_bundle_is_not_found(client: TestClient) -> None:
    refused(client.get(f"{BUNDLES}/none/archive"), 404, "bundle-not-found", "other, tiny")
    assert BytesIO(client.get(f"{BUNDLES}/tiny/archive").content).read(11) == b"audio.onnx\0"
