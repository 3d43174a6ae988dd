"""A milvus-lite, as tests share it: one file, served inside the process of the tests."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from index.vectors.milvus_address import Address


def lite(folder: Path) -> Iterator[Address]:
    """One that runs until it is asked for again; skips where milvus-lite is not installed."""
    if find_spec("milvus_lite") is None or find_spec("pymilvus") is None:
        pytest.skip("milvus-lite is not installed: pip install 'sightsound[milvus]' milvus-lite")
    from milvus_lite.server_manager import server_manager_instance

    file = str(folder / "vectors.db")
    yield Address(file)
    server_manager_instance.release_server(file)
