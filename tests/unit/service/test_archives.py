"""A gallery leaves as one file, comes back from it as it was, and says whether it is whole."""

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from tests.unit.service.asking import DEMO, refused

IMPORT = "/v1/galleries/import"


def send(client: TestClient, content: bytes, **fields: str) -> Any:
    """Bring an archive of these bytes."""
    return client.post(IMPORT, files={"file": ("demo.tar", content)}, data=fields)


def test_what_was_exported_is_imported_and_found_as_before(own: TestClient, own_library: Path) -> None:
    archive = own.get(f"{DEMO}/archive")
    assert archive.headers["content-type"] == "application/x-tar"
    assert 'filename="demo.tar"' in archive.headers["content-disposition"]
    answer = send(own, archive.content, name="again")
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == "/v1/galleries/again"
    assert answer.json() == own.get(DEMO).json() | {"name": "again"}
    asked = {"text": "bell ringing", "to": "audio"}
    before, after = (
        [(each["score"], each["clip"]["id"]) for each in own.get(f"{path}/search", params=asked).json()["hits"]]
        for path in (DEMO, "/v1/galleries/again")
    )
    assert before == after
    assert not any((own_library / "spool").glob("**/*.tar"))


def test_an_archive_of_a_name_that_is_there_or_of_a_bundle_that_is_not_is_refused(own: TestClient) -> None:
    archive = own.get(f"{DEMO}/archive").content
    refused(send(own, archive), 409, "conflict", "'demo'")
    refused(send(own, archive, name="no/name"), 422, "invalid-input", "no/name")
    refused(send(own, archive.replace(b'"name":"tiny"', b'"name":"tony"')), 404, "bundle-not-found", "tony")
    assert [each["name"] for each in own.get("/v1/galleries").json()["galleries"]] == ["demo"]


def test_what_is_no_archive_or_a_damaged_one_leaves_nothing(own: TestClient) -> None:
    archive = own.get(f"{DEMO}/archive").content
    for content in (b"", b"no tar at all" * 100, archive[:-3000], archive.replace(b"dog", b"cat")):
        refused(send(own, content, name="bad"), 422, "archive-invalid")
    refused(own.get("/v1/galleries/bad"), 404, "gallery-not-found")


def test_a_gallery_that_is_whole_has_no_findings_and_a_file_that_is_lost_is_one(
    own: TestClient, own_library: Path
) -> None:
    (own_library / "media" / "ab").mkdir(exist_ok=True)
    (own_library / "media" / "ab" / ("ab" * 32)).write_bytes(b"of nobody")
    assert own.get(f"{DEMO}/verification").json() == {"findings": []}
    clip = own.get(f"{DEMO}/clips", params={"limit": 1}).json()["clips"][0]
    (lost,) = (own_library / "media").glob(f"**/{clip['sha256']}*")
    lost.unlink()
    (finding,) = own.get(f"{DEMO}/verification").json()["findings"]
    assert finding["what"] == "media"
    assert clip["id"] in finding["where"]
    refused(own.get(f"{DEMO}/archive"), 409, "conflict", clip["id"])


def test_a_gallery_that_there_is_none_of_is_not_found(own: TestClient) -> None:
    for what in ("archive", "verification"):
        refused(own.get(f"/v1/galleries/none/{what}"), 404, "gallery-not-found", "none")
