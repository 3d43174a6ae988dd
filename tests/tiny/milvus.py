"""A milvus-lite as tests share it: served inside the process of the tests, or by a process of its own."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from index.vectors.milvus_address import Address

SERVES = """
import sys, time
from milvus_lite.adapter.grpc.server import start_server_in_thread
server, _, port = start_server_in_thread(data_dir=sys.argv[1], host=sys.argv[2], port=0)
print(port, flush=True)
server.wait_for_termination()
"""


def lite(folder: Path) -> Iterator[Address]:
    """One that runs until it is asked for again; skips where milvus-lite is not installed."""
    _check()
    from milvus_lite.server_manager import server_manager_instance

    file = str(folder / "vectors.db")
    yield Address(file)
    server_manager_instance.release_server(file)


@contextmanager
def served_lite(
    folder: Path, host: str = "127.0.0.1", *, within: Sequence[str] = ()
) -> Iterator[tuple["subprocess.Popen[str]", Address]]:
    """One that others reach by the network, as they would a server, and its process.

    `within` is a command that starts others, as in a network of their own.
    """
    _check()
    command = [*within, sys.executable, "-c", SERVES, str(folder), host]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    with process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port, (folder / "log").read_text()
            yield process, Address(f"http://{host}:{port}")
        finally:
            process.kill()


def _check() -> None:
    if find_spec("milvus_lite") is None or find_spec("pymilvus") is None:
        pytest.skip("milvus-lite is not installed: pip install 'sightsound[milvus]' milvus-lite")
