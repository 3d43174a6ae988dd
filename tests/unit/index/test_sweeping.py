"""What killed processes left in media, swept beside a start, which does not wait for it."""

import os
from hashlib import sha256
from pathlib import Path
from threading import Event

import pytest

from index.catalog import clips
from index.galleries import Galleries
from index.stores import Stores
from tests.unit.index.world import add, library, media_files, place

STRAYS = 60


def digest(number: int) -> str:
    return sha256(f"stray {number}".encode()).hexdigest()


@pytest.fixture
def folder(tmp_path: Path, catalog: str | None) -> Path:
    """A data folder with a gallery of eight clips."""
    galleries = library(tmp_path / "data", catalog)
    found = galleries.create("demo", "tiny")
    for seed in range(8):
        add(found, tmp_path, seed)
    galleries.close()
    return tmp_path / "data"


@pytest.fixture
def used(folder: Path) -> list[str]:
    """The media that clips have, beside many that none has, all of them old."""
    found = media_files(folder)
    for number in range(STRAYS):
        place(folder, digest(number)).parent.mkdir(exist_ok=True)
        place(folder, digest(number)).write_bytes(b"x")
    for each in (folder / "media").glob("*/*"):
        os.utime(each, (0, 0))
    return found


def test_old_files_of_no_clip_go_and_all_others_stay(folder: Path, catalog: str | None, used: list[str]) -> None:
    young = folder / "media" / "ab" / ("ab" + "0" * 62)
    young.parent.mkdir(exist_ok=True)
    young.write_bytes(b"x")
    stores = Stores.open(folder, catalog)
    stores.sweeping.wait()
    stores.close()
    assert media_files(folder) == sorted([*used, young.name])


def test_over_a_catalog_without_clips_no_media_go_as_they_may_be_those_of_another(
    tmp_path: Path, catalog: str | None
) -> None:
    folder = tmp_path / "data"
    library(folder, catalog).close()
    others = place(folder, digest(0))
    others.parent.mkdir()
    others.write_bytes(b"x")
    os.utime(others, (0, 0))
    stores = Stores.open(folder, catalog)
    stores.sweeping.wait()
    stores.close()
    assert media_files(folder) == [others.name]


def test_all_that_is_in_use_is_in_one_part_of_it(folder: Path, catalog: str | None, used: list[str]) -> None:
    stores = Stores.open(folder, catalog)
    with stores.database.reading() as connection:
        found = [clips.media_in_use(connection, part) for part in (f"{number:02x}" for number in range(256))]
    stores.close()
    assert sorted(each for part in found for each in part) == used
    assert all(len({each[:2] for each in part}) <= 1 for part in found)


def test_a_start_does_not_wait_and_a_stop_leaves_the_rest_to_the_next(
    folder: Path, used: list[str], catalog: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on, really = Event(), Event(), clips.media_in_use

    def slow(*given: object) -> set[str]:
        reached.set()
        assert go_on.wait(20)
        return really(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(clips, "media_in_use", slow)
        galleries = Galleries.open(folder, catalog)
        assert reached.wait(20)
        assert len(galleries.get("demo").clips()) == 8
        galleries._stores.sweeping._enough.set()
        go_on.set()
        galleries.close()
    assert len(used) < len(media_files(folder)) < len(used) + STRAYS
    stores = Stores.open(folder, catalog)
    stores.sweeping.wait()
    stores.close()
    assert media_files(folder) == used


def test_a_file_of_a_clip_that_came_after_the_look_at_the_catalog_stays(
    folder: Path, used: list[str], tmp_path: Path, catalog: str | None
) -> None:
    stores = Stores.open(folder, catalog)
    stores.sweeping.wait()
    late = add(Galleries(stores).get("demo"), tmp_path, 99)
    os.utime(place(folder, late.sha256), (0, 0))
    stores.media.sweep([late.sha256], set(), stores.sweeping.is_used)
    stores.close()
    assert media_files(folder) == sorted([*used, late.sha256])


def test_a_catalog_without_clips_sweeps_nothing(tmp_path: Path, catalog: str | None) -> None:
    """It may be another one's."""
    path = place(tmp_path, digest(0))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    os.utime(path, (0, 0))
    stores = Stores.open(tmp_path, catalog)
    stores.sweeping.wait()
    stores.close()
    assert path.is_file()
