import os
import time
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import IO

import pytest

from models.errors import DecodeOverrun, TooLarge, Unavailable
from models.media.looking import outlet as listening
from models.media.looking.outlet import HEAD, MOST_BYTES, Outlet, listened_to


def test_what_is_written_and_sought_is_in_the_file(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w+b") as into:
        with listened_to(into, limit_bytes=10**7) as pipe:
            outlet = Outlet(pipe)
            outlet.write(bytes(8))
            outlet.write(b"x" * (3 * MOST_BYTES + 7))
            end = outlet.tell()
            outlet.seek(4)
            outlet.write(b"head")
            outlet.seek(end)
            outlet.write(b"end")
            outlet.close()
        into.seek(0)
        assert into.read() == bytes(4) + b"head" + b"x" * (3 * MOST_BYTES + 7) + b"end"


def test_a_block_that_writes_nothing_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "WAIT_S", 30.0)
    started_s = time.monotonic()
    into = BytesIO()
    with listened_to(into, limit_bytes=10):
        pass
    assert time.monotonic() - started_s < 15
    assert into.getvalue() == b""


def test_a_pipe_that_is_held_open_does_not_hold_the_block() -> None:
    with listened_to(BytesIO(), limit_bytes=10**6) as pipe:
        outlet = Outlet(pipe)
        outlet.write(b"some")
    outlet.close()


def say(into: IO[bytes], *pieces: tuple[int, bytes], limit_bytes: int) -> None:
    """Write bytes at places, one after another."""
    with listened_to(into, limit_bytes=limit_bytes) as pipe:
        outlet = Outlet(pipe)
        try:
            for at, content in pieces:
                outlet.seek(at)
                outlet.write(content)
        finally:
            outlet.close()


def test_more_than_the_limit_is_refused_and_the_writer_learns_of_it() -> None:
    into = BytesIO()
    with pytest.raises(TooLarge, match="over 100000 bytes"):
        say(into, *((at, bytes(10_000)) for at in range(0, 10**6, 10_000)), limit_bytes=100_000)
    assert len(into.getvalue()) <= 100_000


def test_a_place_beyond_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge):
        say(BytesIO(), (10**15, b"far"), limit_bytes=1000)


def test_the_same_place_again_and_again_is_refused_too() -> None:
    with pytest.raises(TooLarge):
        say(BytesIO(), *[(0, bytes(5000))] * 100, limit_bytes=10_000)


def _say_what_no_outlet_does() -> None:
    with listened_to(BytesIO(), limit_bytes=10**9) as pipe:
        descriptor = os.open(pipe, os.O_WRONLY)
        os.write(descriptor, HEAD.pack(0, 2**31) + bytes(100))
        os.close(descriptor)


def test_what_no_outlet_says_is_refused() -> None:
    with pytest.raises(DecodeOverrun, match="bytes follow"):
        _say_what_no_outlet_does()


def test_a_file_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "full").touch()
    with (tmp_path / "full").open("rb") as into, pytest.raises(Unavailable, match="cannot be written"):
        say(into, (0, b"some"), limit_bytes=1000)


def test_many_write_at_once_each_into_its_own(tmp_path: Path) -> None:
    found: dict[int, bytes] = {}

    def write(number: int) -> None:
        into = BytesIO()
        with listened_to(into, limit_bytes=10**6) as pipe:
            outlet = Outlet(pipe)
            for _ in range(50):
                outlet.write(bytes([number]) * 1000)
            outlet.close()
        found[number] = into.getvalue()

    threads = [Thread(target=write, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == {number: bytes([number]) * 50_000 for number in range(8)}
