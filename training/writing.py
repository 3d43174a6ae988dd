"""Files that are whole or not there: what was written last survives a kill at any moment."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Replace a file by what `fill` writes, all at once; it is on the disk before this returns."""
    fresh = path.with_name(f".{path.name}.fresh")
    with fresh.open("wb") as file:
        fill(file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
