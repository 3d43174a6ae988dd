"""Clips and their files, in ranges of bytes."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copytree
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.settings import Settings
from tests.tiny.s3 import make_bucket, media_at, move_media, s3_server, settings_of
from tests.unit.service.asking import DEMO, SEARCH, refused
from tests.unit.service.running import running
from tests.unit.service.waiting import PATIENCE_S


@pytest.fixture(scope="module", params=["folder", "bucket"])
def http(
    request: pytest.FixtureRequest, pristine: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """The service behind a real socket, its media in the data folder or in a bucket of S3."""
    data = Path(copytree(pristine, tmp_path_factory.mktemp("data") / "library"))
    with ExitStack() as closing:
        settings = _in_bucket(data, closing) if request.param == "bucket" else {}
        address = closing.enter_context(running(create_app(Settings(data=data, **settings))))
        yield closing.enter_context(httpx.Client(base_url=address, timeout=PATIENCE_S))


def _in_bucket(data: Path, closing: ExitStack) -> dict[str, Any]:
    make_bucket(server := closing.enter_context(s3_server()))
    move_media(data, media_at(server))
    return settings_of(media_at(server))


@pytest.fixture(scope="module")
def found(http: httpx.Client) -> dict[str, str]:
    clip: dict[str, str] = http.get(SEARCH, params={"text": "bell"}).json()["hits"][0]["clip"]
    return clip


def test_a_clip_says_what_is_known_of_it(http: httpx.Client, found: dict[str, str]) -> None:
    clip = http.get(f"{DEMO}/clips/{found['id']}").json()
    assert clip["senses"] == ["audio", "video"]
    assert clip["duration_s"] == pytest.approx(1.0, abs=0.1)
    assert clip["size_bytes"] == len(http.get(clip["media"]).content)
    assert len(clip["windows"]) == 1


def test_the_whole_file_comes_with_its_type_and_a_tag(http: httpx.Client, found: dict[str, str]) -> None:
    answer = http.get(found["media"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"].strip('"')
    assert b"ftyp" in answer.content[:16]


@pytest.mark.parametrize(
    ("asked", "part"), [("0-99", slice(0, 100)), ("100-", slice(100, None)), ("-7", slice(-7, None))]
)
def test_a_range_of_bytes_is_that_part(http: httpx.Client, found: dict[str, str], asked: str, part: slice) -> None:
    whole = http.get(found["media"]).content
    answer = http.get(found["media"], headers={"range": f"bytes={asked}"})
    assert answer.status_code == 206
    assert answer.content == whole[part]
    assert answer.headers["content-range"].endswith(f"/{len(whole)}")


def test_a_range_outside_of_the_file_is_refused(http: httpx.Client, found: dict[str, str]) -> None:
    answer = http.get(found["media"], headers={"range": "bytes=99999999-"})
    refused(answer, 416, "range-not-satisfiable", "99999999")
    assert answer.headers["content-range"].startswith("bytes */")


def test_a_range_that_is_none_is_refused(http: httpx.Client, found: dict[str, str]) -> None:
    refused(http.get(found["media"], headers={"range": "seconds=1-2"}), 400, "bad-request", "seconds=1-2")


def test_head_has_the_headers_without_the_bytes(http: httpx.Client, found: dict[str, str]) -> None:
    head, whole = http.head(found["media"]), http.get(found["media"])
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag"):
        assert head.headers[name] == whole.headers[name]


def test_bytes_that_the_client_has_are_not_sent_again(http: httpx.Client, found: dict[str, str]) -> None:
    tag = http.get(found["media"]).headers["etag"]
    again = http.get(found["media"], headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert http.get(found["media"], headers={"if-none-match": '"another"'}).status_code == 200


def test_a_range_of_other_bytes_than_the_client_has_is_the_whole_file(
    http: httpx.Client, found: dict[str, str]
) -> None:
    stale = {"range": "bytes=0-9", "if-range": '"another"'}
    assert http.get(found["media"], headers=stale).status_code == 200


@pytest.mark.parametrize("clip", ["none", "..%2f..%2fcatalog.sqlite", "0" * 32])
def test_a_clip_that_is_not_there_is_refused(http: httpx.Client, clip: str) -> None:
    for address in (f"{DEMO}/clips/{clip}", f"{DEMO}/clips/{clip}/media"):
        assert http.get(address).status_code == 404
        assert http.get(address).headers["content-type"] == "application/problem+json"
