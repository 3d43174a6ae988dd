"""What every place for media keeps to, and the store of them over each."""

import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from index.media import bucket
from index.media import store as store_module
from index.media.address import MediaAddress
from index.media.base import Files, place_of
from index.media.bucket import BucketFiles
from index.media.folder import FolderFiles
from index.media.store import MediaStore
from models.errors import InvalidInput, Unavailable
from tests.tiny.s3 import KEY, SECRET, make_bucket, media_at, s3_server

PLACES = ["folder", "bucket"]
CONTENT = os.urandom(3 * 2**20 + 17)
DIGEST = sha256(CONTENT).hexdigest()
NAME = place_of(DIGEST)
PATIENCE_S = 60.0
Used = Callable[[str], bool]


def used(_: str) -> bool:
    return True


def unused(_: str) -> bool:
    return False


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture(params=PLACES)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> MediaAddress:
    if request.param == "folder":
        (tmp_path / "shared").mkdir()
        return MediaAddress((tmp_path / "shared").as_uri())
    make_bucket(found := request.getfixturevalue("s3"))
    return media_at(found)


@pytest.fixture
def files(address: MediaAddress, tmp_path: Path) -> Files:
    return BucketFiles(address) if address.is_bucket else FolderFiles(address.folder(tmp_path))


@pytest.fixture
def store(address: MediaAddress, tmp_path: Path) -> MediaStore:
    return MediaStore.at(address, tmp_path / "data")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (path := tmp_path / "shared" / "source").parent.mkdir(exist_ok=True)
    path.write_bytes(CONTENT)
    return path


def kept(store: MediaStore, content: bytes = CONTENT) -> str:
    with store.draft_of(BytesIO(content)) as draft:
        assert store.keep(draft)
    return draft.sha256


def test_a_file_is_put_once_and_found_as_it_was(files: Files, source: Path) -> None:
    assert files.find(NAME) is None
    assert (files.put(source, NAME), files.put(source, NAME)) == (True, False)
    assert source.exists()
    found = files.find(NAME)
    assert found is not None
    assert found.size_bytes == len(CONTENT)
    assert abs(found.modified_s - source.stat().st_mtime) < 60
    assert files.read(NAME, 0, len(CONTENT)) == CONTENT


def test_any_bytes_of_it_are_read(files: Files, source: Path) -> None:
    files.put(source, NAME)
    for start, end in [(0, 1), (5, 5 + 2**20), (len(CONTENT) - 1, len(CONTENT))]:
        assert files.read(NAME, start, end) == CONTENT[start:end]


def test_a_file_that_is_here_gets_a_second_name_and_loses_the_first(files: Files, source: Path) -> None:
    files.put(source, NAME)
    assert files.put(NAME, ".aside")
    files.remove(NAME)
    assert files.find(NAME) is None
    assert files.read(".aside", 0, 9) == CONTENT[:9]


def test_what_is_not_there_is_told(files: Files, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(exist_ok=True)
    for ask in (lambda: files.read(NAME, 0, 1), lambda: files.put(NAME, "ab/other")):
        with pytest.raises(FileNotFoundError):
            ask()
    with pytest.raises(FileNotFoundError):
        files.put(tmp_path / "shared" / "nothing", NAME)
    files.remove(NAME)
    assert list(files.listed("ab")) == []


def test_the_files_of_a_folder_are_listed_and_no_others(files: Files, source: Path) -> None:
    for name in ("ab/abc", "ab/abd", "cd/cde", ".aside"):
        files.put(source, name)
    assert sorted(files.listed("ab")) == ["ab/abc", "ab/abd"]
    assert set(files.listed("")) - {"source"} == {".aside"}


def test_a_draft_is_kept_under_its_sum_and_gone_with_its_block(store: MediaStore, tmp_path: Path) -> None:
    with store.draft_of(BytesIO(CONTENT)) as draft:
        assert not store.file(DIGEST).exists()
        assert (store.keep(draft), store.keep(draft)) == (True, False)
    file = store.file(DIGEST)
    assert (draft.sha256, file.found().size_bytes, file.digest()) == (DIGEST, len(CONTENT), DIGEST)
    assert list(tmp_path.rglob(".draft-*")) == []


def test_a_decoder_gets_a_file_of_this_machine_that_leaves_nothing(store: MediaStore, tmp_path: Path) -> None:
    file = store.file(kept(store))
    with file.local() as path:
        assert path.read_bytes() == CONTENT
    assert path.exists() == (file.found().path is not None)
    assert list(tmp_path.rglob(".draft-*")) == []
    with pytest.raises(FileNotFoundError, match="ab/ab0"), store.file("ab0").local():
        pass


def test_what_nobody_uses_is_dropped_and_what_somebody_uses_comes_back(store: MediaStore, files: Files) -> None:
    digest = kept(store)
    store.drop(digest, used)
    assert store.file(digest).digest() == DIGEST
    store.drop(digest, unused)
    assert not store.file(digest).exists()
    store.drop(digest, used)
    assert [each for each in files.listed("") if each.startswith(store_module.DROPPED)] == []


def test_it_is_out_of_the_way_when_it_is_asked_whether_it_is_used(store: MediaStore) -> None:
    """Who adds the same bytes keeps them once more after their commit, and then finds that they have gone."""
    digest = kept(store)
    seen = []

    def look(asked: str) -> bool:
        seen.append(store.file(asked).exists())
        kept(store)
        return False

    store.drop(digest, look)
    assert seen == [False]
    assert store.file(digest).digest() == DIGEST


def test_where_it_cannot_be_told_whether_it_is_used_it_stays(store: MediaStore) -> None:
    def away(_: str) -> bool:
        raise Unavailable("the catalog is away")

    digest = kept(store)
    with pytest.raises(Unavailable):
        store.drop(digest, away)
    assert store.file(digest).digest() == DIGEST


def test_what_a_killed_process_was_about_to_drop_goes_back_if_it_is_used(store: MediaStore, files: Files) -> None:
    first, second = kept(store), kept(store, b"another")
    for digest in (first, second):
        files.put(place_of(digest), f"{store_module.DROPPED}{digest}.0123abcd")
        files.remove(place_of(digest))
    store.settle(lambda digest: digest == first)
    assert (store.file(first).exists(), store.file(second).exists()) == (True, False)
    assert list(files.listed("")) in ([], [store_module.LOCK])


def test_old_files_of_no_clip_are_swept_and_young_ones_stay(store: MediaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = [kept(store), kept(store, b"another")]
    assert sorted(store.all_digests()) == sorted(digests)
    store.sweep(digests, {}, unused)
    assert sorted(store.all_digests()) == sorted(digests)
    monkeypatch.setattr(store_module, "STRAY_S", -60.0)
    store.sweep(digests, {digests[0]}, unused)
    assert list(store.all_digests()) == [digests[0]]


@pytest.mark.parametrize(
    "said",
    [
        {"url": "media"},
        {"url": "s3://"},
        {"url": "https://bucket/media"},
        {"url": "s3://bucket?x=1"},
        {"url": "s3://bucket", "endpoint": "http://me:secret@host"},
        {"url": "s3://bucket", "key": "only"},
    ],
)
def test_what_is_no_place_for_media_is_refused_without_telling_a_secret(said: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        MediaAddress(**said)
    assert not {"secret", "only"} & set(str(caught.value).replace(":", " ").split())


def test_a_shared_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """It may not be mounted yet: whoever made it would put media beside where they belong."""
    with pytest.raises(InvalidInput, match="there is no folder"):
        MediaStore.at(MediaAddress((tmp_path / "shared").as_uri()), tmp_path / "data")
    assert not (tmp_path / "shared").exists()


def test_a_bucket_that_cannot_be_reached_is_unavailable_and_the_log_says_why_without_a_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = MediaAddress("s3://bucket/clips", "http://127.0.0.1:9", "here", key=KEY, secret=SECRET)
    store = MediaStore.at(nowhere, tmp_path)
    with pytest.raises(Unavailable, match="the media cannot be reached") as caught:
        store.file(DIGEST).exists()
    assert "the media at s3://bucket/clips cannot be reached: " in caplog.text
    assert not any(secret in f"{caught.value!r} {nowhere!r} {caplog.text}" for secret in (KEY, SECRET))


def test_a_bucket_that_takes_connections_and_says_nothing_is_given_up(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in ("ANSWER_S", "RETRIED_S"):
        monkeypatch.setattr(bucket, each, 1)
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as pool:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        files = BucketFiles(MediaAddress("s3://bucket/clips", address, "here", key=KEY, secret=SECRET))
        for ask in (
            lambda: files.find(NAME),
            lambda: files.put("ab/other", NAME),
            lambda: files.read(NAME, 0, 1),
            lambda: files.remove(NAME),
            lambda: list(files.listed("ab")),
        ):
            with pytest.raises(Unavailable, match="the media cannot be reached"):
                pool.submit(ask).result(PATIENCE_S)
        monkeypatch.setattr(files, "find", lambda _: None)
        with pytest.raises(Unavailable, match="the media cannot be reached"):
            pool.submit(files.put, source, NAME).result(PATIENCE_S)


def test_what_s3_repeats_of_a_key_is_not_told() -> None:
    address = MediaAddress("s3://bucket", key=KEY, secret=SECRET)
    assert address.hidden(f"no such key: {KEY}, {SECRET}") == "no such key: ***, ***"
