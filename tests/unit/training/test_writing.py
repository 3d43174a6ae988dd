"""Files that are whole or not there."""

from pathlib import Path
from typing import BinaryIO

import pytest

from training.writing import write_whole


def test_a_file_is_replaced_by_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"something longer than that")
    write_whole(tmp_path / "a", lambda file: file.write(b"new"))
    assert (tmp_path / "a").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_who_stops_while_writing_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"whole")

    def stop(file: BinaryIO) -> None:
        file.write(b"ha")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a", stop)
    assert (tmp_path / "a").read_bytes() == b"whole"
