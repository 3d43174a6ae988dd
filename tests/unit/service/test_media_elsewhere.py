"""A service whose media lie in a bucket: clips come, are shown, embedded anew and go, and nothing stays here."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.media.address import MediaAddress
from index.media.bucket import BucketFiles
from service.app import create_app
from service.settings import Settings
from sightsound.cli import run
from tests.documents import DOCS
from tests.tiny.s3 import SECRET, digests, make_bucket, media_at, move_media, s3_server, settings_of
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused, upload
from tests.unit.service.worlds import with_new_ears

OPERATIONS = DOCS / "operations.md"
LOOKS = ("thumbnail", "waveform", "waveform.svg", "preview")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def address(s3: str) -> MediaAddress:
    make_bucket(s3)
    return media_at(s3)


@pytest.fixture
def data(own_library: Path, address: MediaAddress) -> Path:
    """A data folder whose media are in the bucket."""
    move_media(own_library, address)
    return own_library


@pytest.fixture
def client(data: Path, address: MediaAddress) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(data=data, **settings_of(address))), OWN) as client:
        yield client


def files_here(data: Path) -> list[str]:
    """The names of files of this machine that could be clips."""
    return [each.name for place in ("media", "spool") for each in (data / place).rglob("*") if each.is_file()]


def test_a_clip_that_is_added_is_in_the_bucket_and_gone_from_it_when_it_is_deleted(
    client: TestClient, address: MediaAddress, data: Path, clip: Path
) -> None:
    there = digests(address)
    added = upload(client, f"{DEMO}/clips", clip).json()
    assert digests(address) == {*there, added["sha256"]}
    assert client.get(added["media"]).content == clip.read_bytes()
    assert added["id"] in {
        hit["clip"]["id"] for hit in client.get(SEARCH, params={"text": "bell", "k": 50}).json()["hits"]
    }
    assert client.delete(f"{DEMO}/clips/{added['id']}").status_code == 204
    assert digests(address) == there
    assert files_here(data) in ([], [".lock"])


def test_a_clip_is_looked_at_from_a_copy_that_does_not_stay(client: TestClient, data: Path) -> None:
    found = client.get(f"{DEMO}/clips").json()["clips"][0]
    for look in LOOKS:
        answer = client.get(f"{DEMO}/clips/{found['id']}/{look}")
        assert answer.status_code == 200, answer.text
        assert answer.content
    assert client.get(f"{DEMO}/clips/{found['id']}/preview").headers["content-type"] == "video/mp4"
    assert files_here(data) in ([], [".lock"])


def test_a_bundle_over_other_backbones_decodes_clips_from_the_bucket(data: Path, address: MediaAddress) -> None:
    with_new_ears(data)
    settings = Settings(data=data, job_workers=1, **settings_of(address))
    with TestClient(create_app(settings), OWN) as client:
        job = client.post(f"{DEMO}/jobs/reindex", json={"bundle": "new-ears"}).json()
        while job["state"] not in ("done", "failed"):
            job = client.get(f"/v1/jobs/{job['id']}").json()
        assert (job["state"], client.get(DEMO).json()["bundle"]) == ("done", "new-ears"), job
    assert files_here(data) in ([], [".lock"])


def test_a_clip_whose_file_was_lost_says_so(client: TestClient, address: MediaAddress) -> None:
    found = client.get(f"{DEMO}/clips").json()["clips"][0]
    details = client.get(f"{DEMO}/clips/{found['id']}").json()
    BucketFiles(address).remove(f"{details['sha256'][:2]}/{details['sha256']}")
    refused(client.get(found["media"]), 503, "unavailable", "deleted meanwhile")
    refused(client.get(f"{DEMO}/clips/{found['id']}/thumbnail"), 422, "media-invalid", "cannot be read")


def test_searches_go_on_while_the_bucket_is_away_and_clips_are_told_to_be(data: Path) -> None:
    nowhere = MediaAddress("s3://media/clips", "http://127.0.0.1:9", "here", key="somebody", secret=SECRET)
    with TestClient(create_app(Settings(data=data, **settings_of(nowhere))), OWN) as client:
        hit = client.get(SEARCH, params={"text": "bell"}).json()["hits"][0]["clip"]
        answer = client.get(hit["media"])
        refused(answer, 503, "unavailable", "the media cannot be reached")
        assert "127.0.0.1" not in answer.text
        assert client.delete(f"{DEMO}/clips/{hit['id']}").status_code == 204
        assert client.get("/readyz").status_code == 200


def test_what_the_document_exports_names_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in re.findall(r"^export (SIGHTSOUND_MEDIA_\w+)=(\S+)$", OPERATIONS.read_text(), re.MULTILINE):
        monkeypatch.setenv(name, value)
    assert Settings(data=tmp_path).media_at == MediaAddress(
        "s3://clips/sightsound",
        "https://minio.example.org:9000",
        "eu-central-1",
        key="name",
        secret="secret",
        scratch=tmp_path / "spool",
    )


def variables(monkeypatch: pytest.MonkeyPatch, address: MediaAddress) -> None:
    for name, value in settings_of(address).items():
        monkeypatch.setenv(f"SIGHTSOUND_{name.upper()}", value)


def told(*command: Any) -> int:
    return run([str(each) for each in command])


def test_commands_export_import_and_verify_what_is_in_the_bucket(
    data: Path,
    address: MediaAddress,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    variables(monkeypatch, address)
    assert told("gallery", "export", "demo", tmp_path / "demo.tar", "--data", data) == 0
    assert told("gallery", "delete", "demo", "--yes", "--data", data) == 0
    assert digests(address) == set()
    assert told("gallery", "import", tmp_path / "demo.tar", "--data", data) == 0
    assert told("gallery", "verify", "--data", data) == 0
    lost = min(digests(address))
    BucketFiles(address).remove(f"{lost[:2]}/{lost}")
    capsys.readouterr()
    assert told("gallery", "verify", "--data", data, "--json") == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert finding["found"] == f"s3://media/clips/{lost[:2]}/{lost}: No such file or directory"
