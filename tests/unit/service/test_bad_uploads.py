"""Files that cannot be used are refused, and nothing of any upload stays."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.unit.service.asking import OWN, SEARCH, refused, upload


@pytest.fixture(autouse=True)
def _nothing_stays(spool: Path) -> Iterator[None]:
    yield
    assert list(spool.iterdir()) == []


@pytest.fixture
def junk(tmp_path: Path) -> Path:
    path = tmp_path / "junk.mp4"
    path.write_bytes(b"no media at all" * 100)
    return path


def test_a_good_clip_leaves_nothing_behind(client: TestClient, clip: Path) -> None:
    assert upload(client, SEARCH, clip, from_="audio").status_code == 200


def test_a_file_that_is_not_media_is_refused(client: TestClient, junk: Path) -> None:
    refused(upload(client, SEARCH, junk, from_="audio"), 422, "media-invalid", "expected", "MP4")
    refused(upload(client, "/v1/classify", junk), 422, "media-invalid", "expected", "MP4")


def test_an_empty_file_is_refused_by_its_name(client: TestClient, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    refused(upload(client, SEARCH, empty, from_="audio"), 422, "media-invalid", "'empty.mp4'", "empty", "expected")


def test_a_form_without_a_file_is_refused(client: TestClient) -> None:
    answer = client.post(SEARCH, files={"from": (None, "audio")})
    refused(answer, 422, "query-invalid", "file: found nothing")


def test_words_in_place_of_a_file_are_refused(client: TestClient) -> None:
    answer = client.post(SEARCH, files={"from": (None, "audio"), "file": (None, "words")})
    refused(answer, 422, "query-invalid", "file: found text", "expected a file")


ODD_TYPES = ("text/plain", "text/html", "application/pdf", "no type at all")


@pytest.mark.parametrize("claimed", ODD_TYPES)
def test_a_clip_is_taken_for_what_it_holds_whatever_type_its_part_claims(
    client: TestClient, clip: Path, claimed: str
) -> None:
    answer = upload(client, SEARCH, clip, from_="audio", type_=claimed)
    assert answer.status_code == 200, answer.text
    assert answer.json()["hits"]


@pytest.mark.parametrize("claimed", [*ODD_TYPES, "video/mp4"])
def test_a_file_that_is_no_media_is_invalid_whatever_type_its_part_claims(
    client: TestClient, tmp_path: Path, claimed: str
) -> None:
    words = tmp_path / "clip.mp4"
    words.write_text("only words")
    refused(upload(client, SEARCH, words, from_="audio", type_=claimed), 422, "media-invalid")


@pytest.mark.parametrize("address", ["/v1/classify", SEARCH])
def test_a_body_that_is_neither_form_nor_json_is_refused(client: TestClient, address: str) -> None:
    answer = client.post(address, content="clip.mp4", headers={"content-type": "text/plain"})
    refused(answer, 415, "unsupported-media-type", "text/plain", "application/json", "multipart/form-data")


def test_a_form_without_its_boundary_is_refused(client: TestClient) -> None:
    answer = client.post("/v1/classify", content=b"abc", headers={"content-type": "multipart/form-data"})
    refused(answer, 400, "bad-request", "boundary")


def test_a_name_with_a_path_in_it_stays_in_the_folder(client: TestClient, clip: Path) -> None:
    file = ("../../../tmp/evil.mp4", clip.read_bytes(), "video/mp4")
    assert client.post(SEARCH, data={"from": "audio"}, files={"file": file}).status_code == 200


def test_a_clip_over_a_limit_is_refused_naming_it(library: Path, spool: Path, clip: Path) -> None:
    short = Settings(data=library, spool=spool, clip_limit_s=0.5)
    small = Settings(data=library, spool=spool, upload_limit_bytes=1000)
    coarse = Settings(data=library, spool=spool, clip_limit_pixels=9000)
    for settings, limit in ((short, "0.5"), (small, "1000"), (coarse, "9000 pixels")):
        with TestClient(create_app(settings), OWN) as client:
            refused(upload(client, SEARCH, clip, from_="audio"), 413, "too-large", "limit is", limit)
