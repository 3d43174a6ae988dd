"""Folders of uploads stay while they are used, and no longer."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from models.errors import SpoolFull
from service.incoming.spool import PREFIX, Spool, janitor, sweep, upload_folder
from tests.unit.service.waiting import until_true

ROOT = Path(__file__).parents[3]
KILLED = """
import sys, time
from pathlib import Path
from service.incoming.spool import upload_folder
with upload_folder(Path(sys.argv[1])) as folder:
    (folder / "clip").write_bytes(b"half a clip")
    print("ready", flush=True)
    time.sleep(60)
"""


def test_a_folder_goes_away_with_all_in_it(tmp_path: Path) -> None:
    def fail() -> None:
        with upload_folder(tmp_path) as folder:
            (folder / "clip").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_removes_what_a_killed_service_left_and_nothing_that_is_used(tmp_path: Path) -> None:
    (tmp_path / "else").mkdir()
    (tmp_path / "sightsound-upload-link").symlink_to(tmp_path / "else")
    with subprocess.Popen([sys.executable, "-c", KILLED, tmp_path], stdout=subprocess.PIPE, cwd=ROOT) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
        with upload_folder(tmp_path) as folder:
            sweep(tmp_path)
            assert len(list(tmp_path.iterdir())) == 4
            os.kill(other.pid, signal.SIGKILL)
            other.wait()
            sweep(tmp_path)
            assert {each.name for each in tmp_path.iterdir()} == {"else", "sightsound-upload-link", folder.name}


def test_a_janitor_removes_what_is_left_by_a_process_that_dies_while_it_watches(tmp_path: Path) -> None:
    with (
        janitor((tmp_path, PREFIX), every_s=0.05),
        subprocess.Popen([sys.executable, "-c", KILLED, tmp_path], stdout=subprocess.PIPE, cwd=ROOT) as other,
    ):
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
        time.sleep(0.3)
        assert len(list(tmp_path.iterdir())) == 1
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        until_true(lambda: list(tmp_path.iterdir()) == [])


def test_no_folder_is_swept_between_its_making_and_its_locking(tmp_path: Path) -> None:
    """Four sweepers that never rest, against folders made as fast as can be."""
    leaving = Event()

    def sweep_on() -> None:
        while not leaving.is_set():
            sweep(tmp_path)

    with ThreadPoolExecutor(4) as sweepers:
        for _ in range(4):
            sweepers.submit(sweep_on)
        try:
            for _ in range(300):
                with upload_folder(tmp_path) as folder:
                    (folder / "clip").write_bytes(b"a clip")
        finally:
            leaving.set()
    assert list(tmp_path.iterdir()) == []


def test_a_spool_counts_what_all_take_together(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "new" / "spool", limit_bytes=100)
    spool.take(60)
    spool.check_room(40)
    with pytest.raises(SpoolFull, match=r"take 60 of the 100 bytes .* 41 more"):
        spool.take(41)
    spool.give_back(60)
    spool.take(100)
    assert spool.taken_bytes == 100


def test_the_uploads_of_one_key_leave_as_much_to_others_as_they_take(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit_bytes=100)
    spool.take(40, "ada")
    spool.take(10, "ada")
    with pytest.raises(
        SpoolFull, match=r"of the key 'ada' take 50 bytes, .* the 50 that are left to others with 1 more"
    ):
        spool.take(1, "ada")
    spool.take(25, "bob")
    with pytest.raises(SpoolFull, match="'bob' take 25 bytes"):
        spool.take(1, "bob")
    spool.give_back(50, "ada")
    spool.take(12, "bob")
    assert spool.taken_bytes == 37


def test_one_upload_alone_and_those_of_who_needs_no_key_may_take_all(tmp_path: Path) -> None:
    spool = Spool(tmp_path, limit_bytes=100)
    for already in range(0, 90, 10):
        spool.take(10, "ada", already=already)
    with pytest.raises(SpoolFull, match="'ada' take 90 bytes"):
        spool.take(10, "ada")
    spool.give_back(90, "ada")
    for _ in range(10):
        spool.take(10)
    assert spool.taken_bytes == 100
