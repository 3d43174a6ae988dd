"""What is made of media: kept whole, within its room, as long as the media are."""

import os
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.deleting import delete
from index.derived import LEAST_BYTES, STRAY_S, DerivedStore
from index.stores import Stores
from models.errors import Unavailable
from tests.unit.index.world import add, library

ONE, OTHER = "1" * 64, "2" * 64


def names(folder: Path) -> set[str]:
    return {path.name.split(".", 1)[1] for path in folder.glob("??/*")}


def test_what_is_kept_is_found_by_media_and_name(tmp_path: Path) -> None:
    store = DerivedStore(tmp_path)
    store.put(b"picture", ONE, "a.webp", limit_bytes=10**6)
    found = store.find(ONE, "a.webp")
    assert found is not None
    assert found.read_bytes() == b"picture"
    assert store.find(ONE, "b.webp") is None
    assert store.find(OTHER, "a.webp") is None


def test_what_is_not_kept_is_gone_with_its_block(tmp_path: Path) -> None:
    store = DerivedStore(tmp_path)
    with store.draft() as draft:
        draft.write(b"half")
    assert list(tmp_path.rglob("*")) == []


def test_the_least_recently_used_go_when_there_is_no_room(tmp_path: Path) -> None:
    store = DerivedStore(tmp_path)
    for number in range(10):
        path = store.put(b"x", ONE, f"{number}", limit_bytes=10 * LEAST_BYTES)
        os.utime(path, (number, number))
    store.find(ONE, "0")
    store.put(b"x", ONE, "new", limit_bytes=10 * LEAST_BYTES)
    assert names(tmp_path) == {"0", "3", "4", "5", "6", "7", "8", "9", "new"}  # nine tenths of the room


def test_large_files_take_what_they_are(tmp_path: Path) -> None:
    store = DerivedStore(tmp_path)
    store.put(bytes(50_000), ONE, "old", limit_bytes=100_000)
    store.put(bytes(60_000), OTHER, "new", limit_bytes=100_000)
    assert names(tmp_path) == {"new"}


def test_what_was_there_before_the_start_counts_too(tmp_path: Path) -> None:
    DerivedStore(tmp_path).put(bytes(50_000), ONE, "old", limit_bytes=100_000)
    DerivedStore(tmp_path).put(bytes(60_000), OTHER, "new", limit_bytes=100_000)
    assert names(tmp_path) == {"new"}


def test_dropping_forgets_all_of_these_media_and_no_others(tmp_path: Path) -> None:
    store = DerivedStore(tmp_path)
    for digest in (ONE, OTHER):
        store.put(b"x", digest, "a", limit_bytes=10**6)
        store.put(b"x", digest, "b.mp4", limit_bytes=10**6)
    store.drop(ONE)
    assert {path.name[:64] for path in tmp_path.glob("??/*")} == {OTHER}
    store.sweep("22", {ONE})
    assert names(tmp_path) == set()


def test_only_old_drafts_are_swept(tmp_path: Path) -> None:
    store = DerivedStore(tmp_path)
    with store.draft() as old, store.draft() as young:
        before = time.time() - STRAY_S - 1
        os.utime(old.name, (before, before))
        store.sweep_drafts()
        assert (Path(old.name).exists(), Path(young.name).exists()) == (False, True)


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "derived").touch()
    with pytest.raises(Unavailable, match="cannot be written"):
        DerivedStore(tmp_path / "derived").put(b"x", ONE, "a", limit_bytes=10)


def test_many_threads_keep_and_find_whole_files(tmp_path: Path) -> None:
    store = DerivedStore(tmp_path)

    def use(number: int) -> bool:
        store.put(bytes([number]) * 9000, ONE, f"{number % 5}", limit_bytes=30_000)
        found = store.find(ONE, f"{(number + 1) % 5}")
        try:
            return found is None or len(set(found.read_bytes())) == 1
        except FileNotFoundError:  # another had no room for it
            return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(200)))
    assert sum(path.stat().st_size for path in tmp_path.glob("??/*")) <= 30_000


def test_what_was_made_goes_with_the_last_clip_of_its_bytes(tmp_path: Path) -> None:
    galleries = library(tmp_path / "data")
    one, other = (galleries.create(name, "tiny") for name in ("one", "other"))
    clip = add(one, tmp_path, 1)
    assert add(other, tmp_path, 1).sha256 == clip.sha256
    galleries.derived.put(b"x", clip.sha256, "a", limit_bytes=10**6)
    one.remove(clip.id)
    assert galleries.derived.find(clip.sha256, "a") is not None
    delete(galleries._stores, "other")
    assert galleries.derived.find(clip.sha256, "a") is None
    galleries.close()


def test_what_is_of_no_clip_is_swept_at_a_start(tmp_path: Path) -> None:
    galleries = library(tmp_path / "data")
    clip = add(galleries.create("demo", "tiny"), tmp_path, 1)
    for digest in (clip.sha256, OTHER):
        galleries.derived.put(b"x", digest, "a", limit_bytes=10**6)
    galleries.close()
    stores = Stores.open(tmp_path / "data")
    stores.sweeping.wait()
    assert stores.derived.find(clip.sha256, "a") is not None
    assert stores.derived.find(OTHER, "a") is None
    stores.close()


@contextmanager
def full_at(size_bytes: int) -> Iterator[None]:
    """No file of this process may be longer: a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size_bytes", [1, 100_000], ids=["when it is given its place", "when it is written"])
def test_a_full_disk_is_no_fault_of_ours_and_leaves_nothing(tmp_path: Path, size_bytes: int) -> None:
    """A file that could not be written in full tries that again when it is closed."""
    store = DerivedStore(tmp_path)
    with full_at(0), pytest.raises(Unavailable, match="cannot be written"):
        store.put(bytes(size_bytes), ONE, "a", limit_bytes=10**6)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
