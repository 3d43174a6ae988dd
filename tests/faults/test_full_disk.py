"""A disk without room: one clear error, nothing half-written, and all works again once there is room."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index import generations
from index.gallery import Gallery
from index.media.store import LOCK
from models.errors import Unavailable
from tests.faults.home import Home, content
from tests.faults.life import RULES
from tests.unit.index.world import clip_features

SIZE = "24m"


@pytest.fixture
def catalog() -> None:
    """A server's disk is its own."""


@pytest.fixture
def small_disk(home: Home, tmp_path: Path) -> Iterator[Home]:
    """The data folder on a disk of its own, which is small."""
    if os.getuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)], check=False)
    if mounted.returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        shutil.copytree(home.folder, place / "data")
        yield Home(place / "data", None)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture(autouse=True)
def always_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generations, "WORTH", 1)


def fill(home: Home, *, left: int) -> Path:
    """A file that takes all the room but so many bytes."""
    ballast = home.folder.parent / "ballast"
    free = os.statvfs(home.folder).f_bavail * os.statvfs(home.folder).f_frsize
    with ballast.open("wb") as opened:
        os.posix_fallocate(opened.fileno(), 0, max(free - left, 1))
    return ballast


def tree(home: Home) -> set[str]:
    """All files but locks and the database's own, which SQLite makes and shrinks as it likes."""
    found = {str(each.relative_to(home.folder)) for each in home.folder.rglob("*") if each.is_file()}
    return {each for each in found if not any(odd in each for odd in ("catalog.sqlite", "scratch", LOCK))}


def add_large(gallery: Gallery, folder: Path) -> None:
    """A clip of so many windows that their rows take megabytes."""
    path = folder / "large.mp4"
    path.write_bytes(content(99))
    gallery.add(path, name=path.name, labels=["label 0"], features=clip_features(99, windows=20000))


def add_bulky(gallery: Gallery, folder: Path) -> None:
    """A clip of 3 MB."""
    path = folder / "bulky.mp4"
    path.write_bytes(os.urandom(3_000_000))
    gallery.add(path, name=path.name, labels=["label 0"], features=clip_features(98))


def reindex(gallery: Gallery, _: Path) -> None:
    gallery.reindex("other", rules=RULES)


FAILING: dict[str, tuple[Callable[[Gallery, Path], None], int]] = {
    "an add whose rows have no room": (add_large, 100_000),
    "an add whose media have no room": (add_bulky, 100_000),
    "an add when nothing has room": (add_bulky, 0),
    "a reindexing when nothing has room": (reindex, 0),
}


@pytest.mark.parametrize("which", FAILING)
def test_what_finds_no_room_says_so_leaves_nothing_and_works_later(
    small_disk: Home, tmp_path: Path, which: str
) -> None:
    act, left = FAILING[which]
    with small_disk.opened() as galleries:
        gallery = galleries.get("demo")
        before = tree(small_disk)
        ballast = fill(small_disk, left=left)
        with pytest.raises(Unavailable, match=r"disk is full|No space left"):
            act(gallery, tmp_path)
        assert tree(small_disk) == before
        assert small_disk.seeds(gallery) == set(range(6))
        assert gallery.active.number == 1
        ballast.unlink()
        small_disk.check(at_least=set(range(6)), at_most=set(range(6)))
        small_disk.add(gallery, 6)
        gallery.reindex("other", rules=RULES)
    small_disk.check(at_least=set(range(7)), at_most=set(range(7)))


def test_vectors_that_find_no_room_leave_the_snapshot_there_was(small_disk: Home, tmp_path: Path) -> None:
    with small_disk.opened() as galleries:
        gallery = galleries.get("demo")
        gallery.compact()
        small_disk.add(gallery, 6)
        before = tree(small_disk)
        ballast = fill(small_disk, left=4096)
        with pytest.raises(Unavailable, match="vectors cannot be written"):
            gallery.keep()
        assert tree(small_disk) == before
        ballast.unlink()
        gallery.keep()
    small_disk.check(at_least=set(range(7)), at_most=set(range(7)))


def test_a_start_without_room_answers_all_the_same(small_disk: Home, caplog: pytest.LogCaptureFixture) -> None:
    ballast = fill(small_disk, left=64 * 1024)
    with small_disk.opened() as galleries:
        assert small_disk.seeds(galleries.get("demo")) == set(range(6))
        hits = galleries.get("demo").search("text->av", {"text": clip_features(0).windows[0].features["audio"]}, k=9)
        assert len(hits) == 6
    ballast.unlink()
    small_disk.check(at_least=set(range(6)), at_most=set(range(6)))
