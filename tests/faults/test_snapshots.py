"""Snapshots that are damaged, or of another history: never trusted, and made anew."""

import logging
import shutil
import sqlite3
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from index import generations
from index.clips import Hit
from index.gallery import Gallery
from tests.faults.home import QUERY, ROUTES, Home
from tests.tiny.tables import own_tables

Answers = dict[str, list[Hit]]


@pytest.fixture(autouse=True)
def always_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few vectors there are, they are worth a snapshot."""
    monkeypatch.setattr(generations, "WORTH", 1)


@pytest.fixture
def catalog() -> None:
    """Snapshots are the same whatever the catalog is in."""


def answers(gallery: Gallery) -> Answers:
    return {route: gallery.search(route, QUERY, k=1000) for route in ROUTES}


@pytest.fixture
def before(home: Home) -> Answers:
    """What a gallery answers that has snapshots with fresh rows."""
    with home.opened() as galleries:
        gallery = galleries.get("demo")
        gallery.compact()
        for seed in range(6, 9):
            home.add(gallery, seed)
        gallery.keep()
        return answers(gallery)


def files(home: Home) -> list[Path]:
    return sorted(each for each in (home.folder / "vectors").rglob("*") if each.is_file())


def check_rebuilt(home: Home, before: Answers, caplog: pytest.LogCaptureFixture) -> None:
    """A start says once that it made vectors anew, and answers as before."""
    caplog.clear()
    with caplog.at_level(logging.WARNING), home.opened() as galleries:
        assert answers(galleries.get("demo")) == before
    assert len([each for each in caplog.messages if "made anew" in each]) == 1, caplog.messages


def test_a_good_snapshot_is_read_without_a_word(home: Home, before: Answers, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), home.opened() as galleries:
        assert answers(galleries.get("demo")) == before
        assert {each.unwritten for each in own_tables(galleries.get("demo").active).values()} == {0}
    assert caplog.messages == []


def test_a_file_cut_at_every_tenth_of_its_length_is_made_anew(
    home: Home, before: Answers, caplog: pytest.LogCaptureFixture
) -> None:
    names = sorted({each.name.split("-")[0] for each in files(home)})
    for name, tenth in product(names, range(10)):
        path = next(each for each in files(home) if each.name.split("-")[0] == name)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) * tenth // 10])
        check_rebuilt(home, before, caplog)


def test_a_flipped_byte_in_any_file_is_made_anew(home: Home, before: Answers, caplog: pytest.LogCaptureFixture) -> None:
    count = len(files(home))
    for number in range(count):
        path = files(home)[number]
        whole = bytearray(path.read_bytes())
        whole[(7919 * number) % len(whole)] ^= 4
        path.write_bytes(whole)
        check_rebuilt(home, before, caplog)


@pytest.fixture
def backup(home: Home, tmp_path: Path) -> Path:
    """A copy of the catalog of six clips, taken while it is used."""
    place = tmp_path / "backup.sqlite"
    with closing(sqlite3.connect(home.folder / "catalog.sqlite")) as live, closing(sqlite3.connect(place)) as copy:
        live.backup(copy)
    return place


def restore(home: Home, backup: Path) -> None:
    for each in home.folder.glob("catalog.sqlite-*"):
        each.unlink()
    shutil.copy(backup, home.folder / "catalog.sqlite")


def test_a_snapshot_that_is_ahead_of_a_restored_catalog_is_not_trusted(
    home: Home, backup: Path, before: Answers, caplog: pytest.LogCaptureFixture
) -> None:
    restore(home, backup)
    with caplog.at_level(logging.WARNING), home.opened() as galleries:
        galleries.get("demo")
    assert "another history" in caplog.text
    assert home.check(at_least=set(range(6)), at_most=set(range(6))) == set(range(6))


@pytest.mark.parametrize("more", [0, 4])
def test_a_snapshot_of_another_history_is_not_trusted_though_its_position_fits(
    home: Home, backup: Path, before: Answers, caplog: pytest.LogCaptureFixture, more: int
) -> None:
    """Window ids, positions and generations of both histories are the same numbers, for other clips."""
    restore(home, backup)
    aside = home.folder.with_name("vectors aside")
    (home.folder / "vectors").rename(aside)
    there = {*range(6), *range(50, 53 + more)}
    with home.opened() as galleries:
        for seed in sorted(there - set(range(6))):
            home.add(galleries.get("demo"), seed)
    shutil.rmtree(home.folder / "vectors", ignore_errors=True)
    aside.rename(home.folder / "vectors")
    with caplog.at_level(logging.WARNING), home.opened() as galleries:
        galleries.get("demo")
    assert "another history" in caplog.text
    home.check(at_least=there, at_most=there)


def test_an_older_snapshot_of_the_same_history_is_followed_on(
    home: Home, before: Answers, caplog: pytest.LogCaptureFixture
) -> None:
    with home.opened() as galleries:
        home.add(galleries.get("demo"), 30)
    with caplog.at_level(logging.WARNING):
        home.check(at_least={*range(9), 30}, at_most={*range(9), 30})
    assert caplog.messages == []


def test_the_vectors_of_generations_that_there_are_no_more_are_swept(home: Home, before: Answers) -> None:
    stray = next((home.folder / "vectors").glob("*/1"))
    shutil.copytree(stray, stray.with_name("99"))
    shutil.copytree(stray, stray.parent.with_name("12345") / "1")
    home.opened().__enter__().close()
    assert {each.name for each in stray.parent.iterdir()} == {"1"}
    assert not stray.parent.with_name("12345").exists()
