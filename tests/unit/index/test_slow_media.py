"""A place for media that takes long, is away, or outlives who writes to it: nobody else waits, and nothing is half."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from index import adding
from index.galleries import Galleries
from index.gallery import Gallery
from index.media import store as store_module
from index.media.address import MediaAddress
from index.media.folder import FolderFiles
from index.media.store import LOCK, MediaStore
from index.stores import Stores
from index.verifying import verify
from models.errors import Unavailable
from tests.tiny.s3 import digests, make_bucket, media_at, move_media, s3_server
from tests.unit.index.world import add, eight_clips, media_files, query

PATIENCE_S = 60.0
FORKED = multiprocessing.get_context("forkserver")


class HangingFiles(FolderFiles):
    """Those of a folder; the next one that is put there gets to its place once it is let."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reached, self.let = Event(), Event()

    def put(self, source: Path | str, name: str) -> bool:
        if not self.reached.is_set():
            self.reached.set()
            assert self.let.wait(PATIENCE_S), "nobody let it"
        return super().put(source, name)


class AwayFiles(FolderFiles):
    """Those of a folder that cannot be reached: how often that was tried."""

    tried = 0

    def put(self, source: Path | str, name: str) -> bool:
        self.tried += 1
        raise Unavailable("the media cannot be reached")


def over(galleries: Galleries, files: FolderFiles, folder: Path) -> Galleries:
    """The same galleries, with media as those files are."""
    media = MediaStore(files, folder / "media", folder / "media" / LOCK)
    return Galleries(replace(galleries.stores, media=media))


def found(gallery: Gallery) -> set[str]:
    return {hit.clip_id for hit in gallery.search("text->av", query(0, "text"), k=50)}


def test_while_a_file_is_on_its_way_everybody_else_writes(
    gallery: Gallery, galleries: Galleries, tmp_path: Path
) -> None:
    files = HangingFiles(tmp_path / "media")
    here = over(galleries, files, tmp_path)
    demo, other = here.get("demo"), here.create("another", "tiny")
    first = demo.clips()[0]
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(add, demo, tmp_path, 50)
        try:
            assert files.reached.wait(PATIENCE_S)
            added = {add(demo, tmp_path, 51).id, add(other, tmp_path, 52).id}
            demo.remove(first.id)
            demo.remove_all([demo.clips()[0].id])
            here.create("third", "tiny")
            assert not slow.done()
            assert added <= found(demo) | found(other)
        finally:
            files.let.set()
        clip = slow.result(PATIENCE_S)
    assert clip.id in found(demo)
    assert clip.sha256 in media_files(tmp_path)


def test_the_same_bytes_that_are_deleted_while_they_are_on_their_way_again_are_there(
    gallery: Gallery, galleries: Galleries, tmp_path: Path
) -> None:
    files = HangingFiles(tmp_path / "media")
    here = over(galleries, files, tmp_path)
    demo, other, seed = here.get("demo"), here.create("another", "tiny"), 3
    clip = next(each for each in demo.clips() if each.name == f"clip {seed}.mp4")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(add, other, tmp_path, seed)
        try:
            assert files.reached.wait(PATIENCE_S)
            demo.remove(clip.id)
            assert clip.sha256 not in media_files(tmp_path)
        finally:
            files.let.set()
        assert slow.result(PATIENCE_S).id == clip.id
    assert clip.sha256 in media_files(tmp_path)


def test_where_media_are_away_many_clips_are_deleted_without_a_wait_for_each(
    gallery: Gallery, galleries: Galleries, tmp_path: Path
) -> None:
    files = AwayFiles(tmp_path / "media")
    here = over(galleries, files, tmp_path)
    demo = here.get("demo")
    assert len(demo.remove_all([each.id for each in demo.clips()[:4]])) == 4
    assert files.tried == 1
    here.delete("demo")
    assert files.tried == 2
    assert len(media_files(tmp_path)) == 8  # a start sweeps them


def test_nobody_waits_for_a_gallery_that_is_being_opened_but_who_asks_for_it(
    gallery: Gallery, galleries: Galleries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    galleries.create("another", "tiny")
    here = Galleries(galleries.stores)
    really, opening, let = Galleries._opened, Event(), Event()

    def slowly(self: Galleries, name: str) -> Gallery:
        if name == "another":
            opening.set()
            assert let.wait(PATIENCE_S), "nobody let it"
        return really(self, name)

    monkeypatch.setattr(Galleries, "_opened", slowly)
    with ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(here.get, "another") for _ in range(2)]
        try:
            assert opening.wait(PATIENCE_S)
            clip = add(here.get("demo"), tmp_path, 50)
            here.create("third", "tiny")
            assert clip.id in found(here.get("demo"))
            assert not any(each.done() for each in slow)
        finally:
            let.set()
        first, second = (each.result(PATIENCE_S) for each in slow)
    assert first is second


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture(params=["folder", "bucket"])
def address(request: pytest.FixtureRequest) -> MediaAddress:
    if request.param == "folder":
        return MediaAddress()
    make_bucket(found := request.getfixturevalue("s3"))
    return media_at(found)


@contextmanager
def opened(folder: Path, address: MediaAddress) -> Iterator[Galleries]:
    stores = Stores.open(folder, media_at=address)
    try:
        stores.sweeping.wait()
        yield Galleries(stores)
    finally:
        stores.close()


def there(folder: Path, address: MediaAddress) -> set[str]:
    return digests(address) if address.is_bucket else {each for each in media_files(folder) if not each.startswith(".")}


def die_before_the_row(folder: Path, address: MediaAddress) -> None:
    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    adding._commit = die  # type: ignore[assignment]
    with opened(folder, address) as galleries:
        add(galleries.get("demo"), folder, 50)


def test_a_kill_between_a_file_and_its_row_leaves_a_file_that_is_swept_and_nothing_else(
    tmp_path: Path, address: MediaAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    eight_clips(tmp_path / "data", None)
    if address.is_bucket:
        move_media(tmp_path / "data", address)
    before = there(tmp_path / "data", address)
    process = FORKED.Process(target=die_before_the_row, args=(tmp_path / "data", address))
    process.start()
    process.join(PATIENCE_S)
    assert process.exitcode == -signal.SIGKILL
    (stray,) = there(tmp_path / "data", address) - before

    with opened(tmp_path / "data", address) as galleries:
        (finding,) = verify(galleries.stores, galleries)
        assert (finding.what, stray in finding.found or stray in finding.where) == ("stray", True)
        assert len(galleries.get("demo").clips()) == len(found(galleries.get("demo"))) == 8
        assert there(tmp_path / "data", address) == {*before, stray}  # it may belong to who is adding a clip
    monkeypatch.setattr(store_module, "STRAY_S", -60.0)
    with opened(tmp_path / "data", address) as galleries:
        assert there(tmp_path / "data", address) == before
        assert list(verify(galleries.stores, galleries)) == []
        assert add(galleries.get("demo"), tmp_path, 50).sha256 == stray
    assert there(tmp_path / "data", address) == {*before, stray}
