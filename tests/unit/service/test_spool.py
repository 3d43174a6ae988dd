"""Folders of uploads stay while they are used, and no longer."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from service.spool import sweep, upload_folder

ROOT = Path(__file__).parents[3]
KILLED = """
import sys, time
from pathlib import Path
from service.spool import upload_folder
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
